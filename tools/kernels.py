"""Build the native kernels in place: compile into ``build/`` and put the module into ``src/levada``.

Several builds may run at once: a lock lets one compile at a time, and the module is replaced atomically, so that a
running process keeps the one it has loaded.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; released by the system if the process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        if sys.platform == "win32":
            import msvcrt

            while True:
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:
                    time.sleep(0.2)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def program(name: str) -> str | None:
    """A program of this Python's environment, or of the system."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def compile_kernels(build_dir: Path, sanitize: str = "", verbose: bool = False) -> Path:
    """Compile into ``build_dir``; the path of the module made."""
    cmake = program("cmake")
    if cmake is None:
        raise SystemExit("cmake was not found: pip install cmake ninja, or make venv")
    configure = [cmake, "-S", str(ROOT), "-B", str(build_dir), f"-DPython_EXECUTABLE={sys.executable}"]
    configure += ["-DCMAKE_BUILD_TYPE=Release", f"-DLEVADA_SANITIZE={sanitize}"]
    ninja = program("ninja")
    if ninja is not None:
        configure += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}"]
    quiet = None if verbose else subprocess.DEVNULL
    subprocess.run(configure, check=True, stdout=quiet)
    subprocess.run([cmake, "--build", str(build_dir), "--config", "Release"], check=True)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    built = next((path for path in build_dir.rglob(f"_kernels*{Path(suffix).suffix}")), None)
    if built is None:
        raise SystemExit(f"the build left no module _kernels in {build_dir}")
    return built


def install(built: Path, package: Path) -> Path:
    """Put the module into ``package`` atomically, unless it is there already."""
    target = package / built.name
    if target.exists() and filecmp.cmp(built, target, shallow=False):
        return target
    staged = package / f".{built.name}.{os.getpid()}.tmp"
    shutil.copy2(built, staged)
    staged.replace(target)
    return target


def main() -> None:
    """Build as the command line says."""
    parser = argparse.ArgumentParser(description="Build the native kernels in place.")
    parser.add_argument("--verbose", action="store_true", help="show what CMake finds")
    options = parser.parse_args()
    started = time.monotonic()
    with locked(ROOT / "build" / "kernels.lock"):
        try:
            target = install(
                compile_kernels(ROOT / "build" / f"dev-{sys.implementation.cache_tag}", verbose=options.verbose),
                ROOT / "src" / "levada",
            )
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"the kernels do not compile (exit {error.returncode} of {error.cmd[0]})") from None
    print(f"{target.relative_to(ROOT)}: {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
