"""Running a user's script in this process, as ``python script.py`` would, under settings from the command line."""

from __future__ import annotations

import runpy
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import click

from levada.cli import failures
from levada.common import logs
from levada.common.config_sources import clear_overrides, environment_layer, file_layer, set_overrides
from levada.common.errors import ConfigError
from levada.common.options import PARALLELISM

F = TypeVar("F", bound=Callable[..., Any])

TERMINATED = 143
"""128 + SIGTERM, as shells count."""

LEVELS = ("debug", "info", "warning", "error")


def settings_options(command: F) -> F:
    """The options that put settings above everything else: ``--set`` and ``--parallelism``."""
    for option in (
        click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="A setting; may be repeated."),
        click.option("--parallelism", type=click.IntRange(1), help="Subtasks per operator (parallelism.default)."),
    ):
        command = option(command)
    return command


def report_options(command: F) -> F:
    """The options that say what is shown: ``--log-level``, ``--log-format`` and ``--traceback``."""
    for option in (
        click.option("--traceback", "show_traceback", is_flag=True, help="Show the whole stack when something fails."),
        click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="How logs are written."),
        click.option("--log-level", type=click.Choice(LEVELS, case_sensitive=False), default="info", show_default=True),
    ):
        command = option(command)
    return command


@contextmanager
def overrides(settings: Sequence[str], parallelism: int | None = None, **named: tuple[str, str]) -> Iterator[None]:
    """Hold settings of the command line in the highest layer; wrong ones, there or below, are a usage error.

    Parameters
    ----------
    settings : sequence of str
        What ``--set`` gave: ``key=value``.
    parallelism : int, optional
        What ``--parallelism`` gave.
    **named : (key, value) by option name
        Settings that other options stand for.
    """
    try:
        for text in settings:
            key, equals, value = text.partition("=")
            if not equals:
                raise click.UsageError(f"--set {text}: write --set key=value")
            set_overrides({key.strip(): value})
        if parallelism is not None:
            set_overrides({PARALLELISM.key: str(parallelism)}, "--parallelism")
        for option, (key, value) in named.items():
            set_overrides({key: value}, "--" + option.rstrip("_"))
        environment_layer()
        file_layer()
        yield
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    finally:
        clear_overrides()


def run_script(script: Path, arguments: Sequence[str], *, show_traceback: bool) -> int:
    """Run a script as ``__main__``; its exit code. An exception is shown and counts as a failed job."""
    saved_arguments, saved_path = sys.argv, list(sys.path)
    sys.argv = [str(script), *arguments]
    sys.path.insert(0, str(script.resolve().parent))
    try:
        try:
            with _terminable():
                runpy.run_path(str(script), run_name="__main__")
        finally:
            logs.repeat_limit.conclude()
    except SystemExit as leaving:
        return _exit_code(leaving)
    except Exception as error:
        failures.report(error, show_traceback=show_traceback)
        raise failures.Reported(1) from error
    finally:
        sys.argv, sys.path[:] = saved_arguments, saved_path
    return 0


def _exit_code(leaving: SystemExit) -> int:
    if leaving.code is None:
        return 0
    if isinstance(leaving.code, int):
        return leaving.code
    click.echo(leaving.code, err=True)
    return 1


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM leaves the script in good order, where the engine does not take the signal itself."""

    def leave(signum: int, frame: FrameType | None) -> None:
        raise SystemExit(TERMINATED)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
