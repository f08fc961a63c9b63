"""A worker process and the questions put to it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_SECONDS = 0.5


class WorkerError(Exception):
    """A worker failed or ended."""


class Worker:
    """A process that runs ``benchmarks.workers.<module>``.

    Parameters
    ----------
    module : str
    python : path
        Whose interpreter; Levada's own unless given.
    environment : mapping
        Variables beside those of this process.
    """

    def __init__(
        self, module: str, python: str | Path = sys.executable, environment: Mapping[str, str] | None = None
    ) -> None:
        self.module = module
        # A peer may be talkative: what it says is kept for the case that it fails.
        self._noise = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        self._process = subprocess.Popen(
            [str(python), "-m", f"benchmarks.workers.{module}"],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._noise,
        )
        self.about: dict[str, str] = self._read()["about"]

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def ask(self, workload: str, meanwhile: Callable[[], None] | None = None, **arguments: Any) -> dict[str, Any]:
        """Have a workload run; ``meanwhile`` is called twice a second until its answer is there.

        Raises
        ------
        WorkerError
            It failed.
        """
        request = json.dumps({"workload": workload, **arguments}).encode() + b"\n"
        assert self._process.stdin is not None
        self._process.stdin.write(request)
        self._process.stdin.flush()
        assert self._process.stdout is not None
        while meanwhile is not None and not select.select([self._process.stdout], [], [], SAMPLE_SECONDS)[0]:
            meanwhile()
        answer = self._read()
        if "error" in answer:
            raise WorkerError(f"{self.module}, {workload}: {answer['error']}")
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._noise):
            if pipe is not None:
                pipe.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        code = self._process.wait()
        self._noise.seek(0)
        noise = self._noise.read().decode(errors="replace").strip().splitlines()[-5:]
        self.close()
        raise WorkerError(f"{self.module} ended with exit code {code}: " + " | ".join(noise))
