"""Calls of PyFlink's environment that prepare a JVM or worker processes: accepted, so that programs run as they are."""

from __future__ import annotations

import sys
from pathlib import Path

from levada.common.errors import JobBuildError
from levada.common.logs import get_logger

log = get_logger(__name__)


class JvmCalls:
    """Base of the environment: what has no meaning in one process without a JVM warns and does nothing."""

    def add_jars(self, *jars_path: str) -> None:
        """Warn: connectors are part of Levada, not jars."""
        _ignored("add_jars", "there is no JVM; connectors are part of Levada")

    def add_classpaths(self, *classpaths: str) -> None:
        """Warn: there are no Java classes."""
        _ignored("add_classpaths", "there is no JVM")

    def set_python_executable(self, python_exec: str) -> None:
        """Warn: functions run in the calling process."""
        _ignored("set_python_executable", f"functions run in this process, by {sys.executable}")

    def set_python_requirements(self, requirements_file_path: str, requirements_cache_dir: str | None = None) -> None:
        """Warn: what functions need is installed where the job runs."""
        _ignored("set_python_requirements", "functions run in this process; install what they need here")

    def add_python_archive(self, archive_path: str, target_dir: str | None = None) -> None:
        """Warn: files are read from where they are."""
        _ignored("add_python_archive", "functions run in this process; unpack the archive where they can read it")

    def add_python_file(self, file_path: str | Path) -> None:
        """Let functions import a module: a ``.py`` file, a directory of modules, or an archive of them."""
        path = Path(file_path)
        if not path.exists():
            raise JobBuildError(f"add_python_file({str(file_path)!r}): there is no such file or directory")
        place = str((path.parent if path.suffix == ".py" else path).resolve())
        if place not in sys.path:
            sys.path.append(place)


def _ignored(call: str, reason: str) -> None:
    # One text each, or the limit on repeated messages would swallow all but the first.
    told = f"{call}() does nothing: {reason}"
    log.warning(told)
