"""Calls of PyFlink's environment that prepare a JVM or worker processes: accepted, so that programs run as they are."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from levada.common.configuration import Configuration
from levada.common.errors import JobBuildError
from levada.common.logs import get_logger
from levada.common.options import CACHED_FILES, PARALLELISM
from levada.datastream.state_backend import StateBackend, check_backend

if TYPE_CHECKING:
    from typing import Self

log = get_logger(__name__)


class JvmCalls:
    """Base of the environment: what has no meaning in one process without a JVM warns and does nothing."""

    _configuration: Configuration
    _default_local_parallelism: ClassVar[int | None] = None

    def set_default_local_parallelism(self, parallelism: int) -> None:
        """Set the parallelism of environments made from now on, where nothing configures one."""
        if not isinstance(parallelism, int) or isinstance(parallelism, bool) or parallelism < 1:
            raise JobBuildError(f"set_default_local_parallelism({parallelism!r}): pass a number of at least 1")
        JvmCalls._default_local_parallelism = parallelism

    def get_default_local_parallelism(self) -> int:
        """The parallelism of new environments where nothing configures one."""
        return self._default_local_parallelism or PARALLELISM.default

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

    def set_state_backend(self, state_backend: StateBackend) -> Self:
        """Accept ``HashMapStateBackend``; warn of another, which has no effect."""
        if not isinstance(state_backend, StateBackend):
            raise JobBuildError(f"set_state_backend({state_backend!r}): pass HashMapStateBackend()")
        check_backend(state_backend)
        return self

    def enable_changelog_state_backend(self, enabled: bool) -> Self:
        """Warn: there is no changelog; a checkpoint writes what has changed since the one before."""
        if enabled:
            _ignored("enable_changelog_state_backend", "checkpoints write what has changed since the one before")
        return self

    def is_changelog_state_backend_enabled(self) -> bool:
        """False: there is no changelog."""
        return False

    def is_chaining_of_operators_with_different_max_parallelism_enabled(self) -> bool:
        """True: the number of key groups does not keep operators from sharing a task."""
        return True

    def register_cached_file(self, file_path: str | Path, name: str, executable: bool = False) -> None:
        """Give functions a file by name: ``runtime_context.get_distributed_cache().get_file(name)``.

        It stays where it is; with ``executable``, it must be that already.
        """
        path = Path(file_path)
        if not path.exists():
            raise JobBuildError(f"register_cached_file({str(file_path)!r}): there is no such file or directory")
        if executable and not os.access(path, os.X_OK):
            raise JobBuildError(
                f"register_cached_file({str(file_path)!r}, executable=True): it is not executable; chmod +x makes it so"
            )
        files = {**self._configuration.get(CACHED_FILES), name: str(path.resolve())}
        self._configuration.set(CACHED_FILES, files)

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
