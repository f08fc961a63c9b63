"""Build the wheel into ``dist`` and try it where nothing else is: a bare environment, an empty directory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"


def build() -> Path:
    """The wheel of this checkout for this Python."""
    for old in DIST.glob("levada-*.whl"):
        old.unlink()
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(DIST), str(ROOT)]
    subprocess.run(command, check=True)
    (wheel,) = DIST.glob("levada-*.whl")
    return wheel


def attempt(wheel: Path, directory: Path) -> None:
    """Install the wheel into a new environment and use it as a newcomer would."""
    home = directory / "venv"
    venv.create(home, with_pip=True)
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    empty = directory / "empty"
    empty.mkdir()
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    clean["PATH"] = f"{programs}{os.pathsep}{clean['PATH']}"

    def run(*command: str) -> None:
        print("$", *command, flush=True)
        subprocess.run([str(programs / command[0]), *command[1:]], check=True, cwd=empty, env=clean)

    run("python", "-m", "pip", "install", "--quiet", str(wheel))
    run("python", "-c", "import levada; from levada import _kernels; print(levada.__version__, _kernels.__file__)")
    run("levada", "--version")
    run("levada", "demo")
    run("python", "-m", "pip", "check")


def main() -> None:
    """Build and try."""
    wheel = build()
    print(f"{wheel.relative_to(ROOT)}: {wheel.stat().st_size / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory(prefix="levada-wheel-") as directory:
        attempt(wheel, Path(directory))
    print("the wheel works")


if __name__ == "__main__":
    main()
