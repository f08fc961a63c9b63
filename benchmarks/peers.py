"""Other systems, each in a virtual environment of its own below ``.cache/peers``, made when first needed.

``BENCH_PEERS`` names those wanted, comma-separated (``none`` for none); all are unless it is set. One that cannot be
had is skipped by name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contender import ROOT, Worker, WorkerError

CACHE = ROOT / ".cache" / "peers"
INSTALL_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Peer:
    """A system to compare with.

    Attributes
    ----------
    requirement : str
        For pip.
    needs : tuple of str
        Programs that must be on the path.
    """

    name: str
    requirement: str
    needs: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Its virtual environment."""
        return CACHE / self.name

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def environment(self) -> dict[str, str]:
        """Its own programs first; what it starts itself finds the workers' functions."""
        return {"PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}", "PYTHONPATH": str(ROOT)}


PEERS = (
    Peer("bytewax", "bytewax==0.21.*"),
    Peer("pyflink", "apache-flink==2.3.*", ("java",)),
    Peer("duckdb", "duckdb==2.*"),
)


class Peers:
    """The peers that can be had, and why the others cannot.

    Parameters
    ----------
    say : callable
        Told what is being installed.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.skipped: dict[str, str] = {}
        self._workers: dict[str, Worker] = {}
        wanted = os.environ.get("BENCH_PEERS")
        self._wanted = None if wanted is None else {name.strip() for name in wanted.split(",")}

    def get(self, name: str) -> Peer | None:
        """A peer, installed; None where it is skipped."""
        peer = next(peer for peer in PEERS if peer.name == name)
        if name in self.skipped:
            return None
        reason = self._why_not(peer)
        if reason is None:
            return peer
        self.skipped[name] = reason
        self._say(f"skipped {name}: {reason}")
        return None

    def worker(self, name: str) -> Worker | None:
        """A peer's worker, started when first asked for; None where it is skipped."""
        if name in self._workers:
            return self._workers[name]
        peer = self.get(name)
        if peer is None:
            return None
        try:
            worker = self._workers[name] = Worker(f"{name}_worker", peer.python, peer.environment)
        except WorkerError as error:
            self.skip(name, str(error))
            return None
        return worker

    def skip(self, name: str, reason: str) -> None:
        """Do without a peer from here on."""
        self.skipped[name] = reason
        self._say(f"skipped {name}: {reason}")
        worker = self._workers.pop(name, None)
        if worker is not None:
            worker.close()

    def versions(self) -> dict[str, str]:
        """Of the peers that have run."""
        return {name: worker.about["version"] for name, worker in self._workers.items()}

    def close(self) -> None:
        """End their processes."""
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()

    def _why_not(self, peer: Peer) -> str | None:
        if self._wanted is not None and peer.name not in self._wanted:
            return "not named in BENCH_PEERS"
        for program in peer.needs:
            if shutil.which(program) is None:
                return f"{program} is not installed"
        stamp = peer.folder / ".installed"
        if stamp.exists() and stamp.read_text() == peer.requirement:
            return None
        self._say(f"installing {peer.requirement} into {peer.folder.relative_to(ROOT)}")
        return _install(peer, stamp)


def _install(peer: Peer, stamp: Path) -> str | None:
    try:
        venv.create(peer.folder, with_pip=True, clear=True)
        command = [str(peer.python), "-m", "pip", "install", "--quiet", peer.requirement]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        return f"pip install took more than {INSTALL_SECONDS} s"
    except subprocess.CalledProcessError as error:
        told = (error.stderr or "").strip().splitlines()
        return (
            f"pip install failed on Python {sys.version_info[0]}.{sys.version_info[1]}: {told[-1] if told else error}"
        )
    except OSError as error:
        return str(error)
    stamp.write_text(peer.requirement)
    return None
