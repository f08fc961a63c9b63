"""Errors raised in user code, told with operator, subtask, place and record.

Nothing is recorded while the loop runs: the record is read from the locals of the loop's frame in the traceback, and
the step from the line it stopped at.
"""

from __future__ import annotations

import os
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, NoReturn, Protocol

from levada.common.errors import LevadaError, UserFunctionError
from levada.operators.row.user_function import display_name, source_location

RECORD_LENGTH = 200
_ABSENT = object()
_OWN_FOLDER = str(Path(__file__).parents[2]) + os.sep


class Whereabouts(Protocol):
    """Where code runs, as far as errors tell: an ``OperatorContext``, for one."""

    @property
    def uid(self) -> str:
        """The operator's."""
        ...

    @property
    def subtask_index(self) -> int:
        """Counted from 0."""
        ...

    @property
    def parallelism(self) -> int:
        """The operator's."""
        ...


@dataclass(frozen=True, slots=True)
class CallSite:
    """A line of a loop that calls user code: what it calls, for whom, and the local that holds the record.

    ``subject`` says what that local holds, where it is no record.
    """

    kind: str
    name: str
    uid: str | None
    function: Any
    variable: str = "value"
    subject: str = "record"


def short_repr(value: Any, length: int = RECORD_LENGTH) -> str:
    """``repr`` cut to ``length`` characters; never raises, whatever ``__repr__`` does."""
    cutter = reprlib.Repr()
    cutter.maxstring = cutter.maxother = cutter.maxlong = length
    cutter.maxtuple = cutter.maxlist = cutter.maxdict = cutter.maxset = cutter.maxfrozenset = cutter.maxdeque = 30
    try:
        text = cutter.repr(value)
    except Exception as error:  # a container's __repr__ may fail in ways reprlib does not catch
        text = f"<{type(value).__name__} whose repr failed: {type(error).__name__}>"
    return text if len(text) <= length else f"{text[: length - 3]}..."


def raise_user_error(
    error: Exception,
    context: Whereabouts,
    code: CodeType,
    sites: Mapping[int, CallSite] | CallSite,
    record: Any = _ABSENT,
) -> NoReturn:
    """Raise what ``user_error`` makes of ``error``, from it; an error is never its own cause, a chain without end."""
    told = user_error(error, context, code, sites, record)
    if told is error:
        raise told
    raise told from error


def user_error(
    error: Exception,
    context: Whereabouts,
    code: CodeType,
    sites: Mapping[int, CallSite] | CallSite,
    record: Any = _ABSENT,
) -> Exception:
    """What to raise (``from error``) in place of ``error``, which left the loop with the code object ``code``.

    ``sites`` maps the loop's lines to call sites, or is the one site for all of them. ``record`` is given where the
    caller knows it. Errors of Levada itself keep their class and get a note with the operator and record.
    """
    origin: BaseException = error
    if isinstance(error, RuntimeError) and isinstance(error.__cause__, StopIteration):
        origin = error.__cause__  # PEP 479: the loop, being a generator, saw a StopIteration of the user's code
    found = _loop_entry(origin.__traceback__, code)
    if found is None:
        return _wrapped(error, context, _any_site(sites), None, record)
    frame, line, below = found
    while below is not None and below.tb_frame.f_code.co_filename.startswith(_OWN_FOLDER):
        below = below.tb_next  # what stands between the loop and the user's function
    site = sites if isinstance(sites, CallSite) else sites.get(line) or _any_site(sites)
    if record is _ABSENT:
        record = frame.f_locals.get(site.variable, _ABSENT)
    return _wrapped(error, context, site, below, record)


def _loop_entry(traceback: TracebackType | None, code: CodeType) -> tuple[FrameType, int, TracebackType | None] | None:
    """The loop's innermost frame in a traceback, its line, and what it called."""
    found = None
    while traceback is not None:
        if traceback.tb_frame.f_code is code:
            found = (traceback.tb_frame, traceback.tb_lineno, traceback.tb_next)
        traceback = traceback.tb_next
    return found


def _any_site(sites: Mapping[int, CallSite] | CallSite) -> CallSite:
    return sites if isinstance(sites, CallSite) else next(iter(sites.values()))


def _wrapped(
    error: Exception, context: Whereabouts, site: CallSite, below: TracebackType | None, record: Any
) -> Exception:
    where = f"operator {site.name!r}"
    uid = site.uid or context.uid
    if uid and uid != site.name:
        where += f" (uid {uid})"
    where += f", subtask {context.subtask_index + 1} of {context.parallelism}"
    told = "" if record is _ABSENT else f"; {site.subject}: {short_repr(record)}"
    if isinstance(error, LevadaError):
        if not isinstance(error, UserFunctionError):
            error.add_note(f"in {where}{told}")
        return error
    kind = getattr(site.function, "__levada_role__", site.kind)
    if below is not None:
        place = f"{below.tb_frame.f_code.co_filename}:{below.tb_lineno}"
    else:
        place = source_location(site.function, kind) or "no Python source"
    name = display_name(site.function)
    hint = ""
    if below is None and isinstance(error, TypeError) and "not iterable" in str(error):
        hint = f"; {kind} must return an iterable (a list, a generator) or None"
    return UserFunctionError(
        f"{where}: {kind} function {name} ({place}) raised {type(error).__name__}: {error}{hint}{told}"
    )
