"""Build the kernels with sanitizers in a directory of their own and run the kernel tests on that build.

``--sanitizer thread`` looks for data races instead. The package in ``src`` is not touched: a copy of its Python files,
with the sanitized module beside them, goes first on the path.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from kernels import ROOT, compile_kernels, install, locked, program

RUNTIMES = {"address,undefined": ("libasan.so", "libubsan.so"), "thread": ("libtsan.so",)}
TESTS = ROOT / "tests" / "kernels"

FIRST = """\
# An editable install puts a finder before the path; here the path decides.
import sys

sys.meta_path[:] = [each for each in sys.meta_path if not type(each).__name__.startswith("ScikitBuild")]
"""


def runtime(library: str) -> str:
    """Where the compiler keeps a sanitizer's runtime."""
    compiler = os.environ.get("CXX") or program("c++") or program("g++")
    if compiler is None:
        raise SystemExit("no C++ compiler was found (CXX names one)")
    asked = [compiler, f"-print-file-name={library}"]
    path = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    if not Path(path).is_absolute():
        raise SystemExit(f"{compiler} has no {library}: install its sanitizer runtimes")
    return path


def main() -> int:
    """Build, then run pytest with the sanitizers' runtimes loaded first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sanitizer", choices=tuple(RUNTIMES), default="address,undefined")
    options, rest = parser.parse_known_args()
    build = ROOT / "build" / f"sanitize-{options.sanitizer.replace(',', '-')}"
    package = build / "python" / "levada"
    with locked(build / "lock"):
        built = compile_kernels(build / "cmake", sanitize=options.sanitizer)
        shutil.rmtree(package, ignore_errors=True)
        shutil.copytree(ROOT / "src" / "levada", package, ignore=shutil.ignore_patterns("_kernels.*.so", "__pycache__"))
        install(built, package)
        (package.parent / "sitecustomize.py").write_text(FIRST)
    environment = {
        **os.environ,
        "PYTHONPATH": str(package.parent),
        "PYTHONMALLOC": "malloc",  # memory that Python's own allocator hands out is invisible to the sanitizers
        "LD_PRELOAD": " ".join(runtime(library) for library in RUNTIMES[options.sanitizer]),
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",  # the interpreter itself leaks at exit
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "LEVADA_TEST_SANITIZER": options.sanitizer,
    }
    where = [sys.executable, "-c", "import levada._kernels as kernels; print(kernels.__file__)"]
    loaded = subprocess.run(where, env=environment, check=True, capture_output=True, text=True).stdout.strip()
    if not Path(loaded).is_relative_to(package):
        raise SystemExit(f"the tests would run on {loaded} and not on the sanitized build")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(TESTS), *rest]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
