"""Errors as a user should see them: what, where in their own code, why, what to do. Never a bare traceback of ours."""

from __future__ import annotations

import linecache
import sysconfig
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

import levada
from levada.common import redaction
from levada.common.errors import InternalError, LevadaError

_OURS = Path(levada.__file__).parent
_LIBRARIES = tuple({Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_LONGEST_STATEMENT = 6


class Reported(Exception):
    """The command failed and the user has been told why."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class Place(NamedTuple):
    """A statement of the user's program."""

    file: str
    line: int
    last_line: int
    function: str

    def source(self) -> list[str]:
        """The statement's lines, numbered, without common indentation."""
        last = min(self.last_line, self.line + _LONGEST_STATEMENT - 1)
        lines = [linecache.getline(self.file, number).rstrip() for number in range(self.line, last + 1)]
        indent = min((len(text) - len(text.lstrip()) for text in lines if text), default=0)
        return [f"{number:>5} | {text[indent:]}" for number, text in enumerate(lines, self.line)]

    def __str__(self) -> str:
        name = Path(self.file)
        shown = name.relative_to(Path.cwd()) if name.is_relative_to(Path.cwd()) else name
        return f"{shown}:{self.line}" + ("" if self.function == "<module>" else f", in {self.function}")


def report(error: BaseException, *, show_traceback: bool = False) -> None:
    """Show an error on standard error."""
    if show_traceback:
        click.echo(redaction.scrub("".join(traceback.format_exception(error))), err=True)
    click.echo(redaction.scrub(block(error, show_traceback)), err=True)


def block(error: BaseException, show_traceback: bool = False) -> str:
    """What ``report`` shows, as text."""
    first, *rest = (str(error) or "no message").splitlines() or ["no message"]
    lines = [click.style("error", fg="red", bold=True) + f": {first}", *(f"  {line}" for line in rest)]
    kind = type(error).__name__
    if not isinstance(error, LevadaError):
        lines[0] = click.style("error", fg="red", bold=True) + f": {kind}: {first}"
    place = user_place(error)
    if place is not None:
        lines += ["", f"  at {place}", *place.source()]
    cause = root_cause(error)
    if cause is not error and str(cause) not in str(error):
        lines += ["", f"  because {type(cause).__name__}: {cause}"]
    lines += [f"  note: {note}" for note in getattr(error, "__notes__", ())]
    if isinstance(error, InternalError) or (place is None and not isinstance(error, LevadaError)):
        lines += ["", "  This looks like a fault in Levada itself; please report it with the output of --traceback."]
    elif not show_traceback:
        lines += ["", f"  ({kind}; --traceback shows the whole stack)"]
    return "\n".join(lines)


def root_cause(error: BaseException) -> BaseException:
    """The exception at the end of the ``raise .. from ..`` chain."""
    *_, last = _chain(error)
    return last


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, its cause, that one's cause ...: each once, for a program may well tie them into a ring."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__


def user_place(error: BaseException) -> Place | None:
    """The innermost statement of the user's own code that led to the error; of its cause, if there is one."""
    place = None
    for each in _chain(error):
        place = _last(_user_frames(each)) or place
    return place


def _user_frames(error: BaseException) -> Iterator[Place]:
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.lineno is not None and _is_users(frame.filename):
            yield Place(frame.filename, frame.lineno, frame.end_lineno or frame.lineno, frame.name)
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        yield Place(error.filename, error.lineno, error.lineno, "<module>")


def _is_users(filename: str) -> bool:
    path = Path(filename)
    if filename.startswith("<") or not path.exists():
        return False
    return not any(path.is_relative_to(home) for home in (_OURS, *_LIBRARIES))


def _last(places: Iterator[Place]) -> Place | None:
    found = None
    for found in places:  # noqa: B007 - the last one is wanted
        pass
    return found
