"""Logging: stdlib loggers under ``levada.*`` whose records know job, operator and subtask.

``get_logger(__name__)`` gives a module its logger. Its records carry the attributes ``job``, ``operator`` and
``subtask`` of the ``task_context`` they were made in, never show a secret, and do not repeat: the same warning or error
of the same operator comes once in ten seconds, with a count of what was left out. The root logger is untouched.
"""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar, Token
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final, NamedTuple, TextIO

from levada.common import redaction

__all__ = ["RepeatLimit", "TaskInfo", "configure", "get_logger", "repeat_limit", "task_context"]

ROOT: Final = "levada"


class TaskInfo(NamedTuple):
    """Who is speaking; None where that is not known."""

    job: str | None = None
    operator: str | None = None
    subtask: int | None = None

    def __str__(self) -> str:
        """``job/operator#subtask``, as far as it is known."""
        text = "/".join(part for part in (self.job, self.operator) if part)
        return text if self.subtask is None else f"{text}#{self.subtask}"


_nobody = TaskInfo()
_current: ContextVar[TaskInfo] = ContextVar("levada_task", default=_nobody)


class task_context:  # noqa: N801 - used like a function
    """Names job, operator and subtask for the log records made inside; what is left out is taken from around.

    An instance may be entered again and again, also inside itself: make one per task and enter it for every step.

    Examples
    --------
    >>> with task_context(job="flights", operator="delays", subtask=0):
    ...     get_logger("levada.runtime").info("on its way")
    """

    __slots__ = ("_job", "_operator", "_subtask", "_tokens")

    def __init__(self, *, job: str | None = None, operator: str | None = None, subtask: int | None = None) -> None:
        self._job, self._operator, self._subtask = job, operator, subtask
        self._tokens: list[Token[TaskInfo]] = []

    def __enter__(self) -> TaskInfo:
        outer = _current.get()
        info = TaskInfo(
            outer.job if self._job is None else self._job,
            outer.operator if self._operator is None else self._operator,
            outer.subtask if self._subtask is None else self._subtask,
        )
        self._tokens.append(_current.set(info))
        return info

    def __exit__(self, *_: object) -> None:
        _current.reset(self._tokens.pop())


class _Kind(NamedTuple):
    """What makes two records the same."""

    logger: str
    level: int
    message: str
    task: TaskInfo


_MOST_KINDS = 1000
"""Kinds of records remembered; messages formatted before they are logged would otherwise pile up."""


class RepeatLimit:
    """Lets the same warning or error of one operator through once per ``interval`` seconds.

    "The same" is the unformatted message, its logger, level, job and operator. The next record that comes through
    says how many were left out before it, in its text and in its attribute ``suppressed``.
    """

    def __init__(self, interval: float = 10.0) -> None:
        self.interval = interval
        self._lock = Lock()
        self._seen: dict[_Kind, tuple[float, int]] = {}

    def admit(self, record: logging.LogRecord) -> bool:
        """Whether the record may pass; counts it if not."""
        if record.levelno < logging.WARNING or self.interval <= 0:
            return True
        kind = _Kind(record.name, record.levelno, str(record.msg), _current.get()._replace(subtask=None))
        with self._lock:
            since, left_out = self._seen.get(kind, (float("-inf"), 0))
            if record.created - since < self.interval:
                self._seen[kind] = (since, left_out + 1)
                return False
            if len(self._seen) >= _MOST_KINDS:
                self._seen.clear()
            self._seen[kind] = (record.created, 0)
        if left_out:
            record.suppressed = left_out
        return True

    def reset(self) -> None:
        """Forget what was seen, so that everything comes through once more."""
        with self._lock:
            self._seen.clear()

    def conclude(self) -> None:
        """Log how often what was left out came, and forget it: for the end of a program."""
        with self._lock:
            seen = list(self._seen.items())
            self._seen.clear()
        for kind, (_, left_out) in seen:
            if left_out:
                with task_context(**kind.task._asdict()):
                    get_logger(kind.logger).log(kind.level, "%d more like this left out: %s", left_out, kind.message)


repeat_limit = RepeatLimit()
"""The limit of this process."""


class _Enrich(logging.Filter):
    """Limits repeats, names the task and takes secrets out, once per record."""

    def filter(self, record: logging.LogRecord) -> bool:
        if hasattr(record, "operator"):
            return True
        if not repeat_limit.admit(record):
            return False
        task = _current.get()
        record.job = task.job and redaction.scrub(task.job)
        record.operator = task.operator and redaction.scrub(task.operator)
        record.subtask = task.subtask
        message = redaction.scrub(record.getMessage())
        suppressed = getattr(record, "suppressed", 0)
        if suppressed:
            message += f" ({suppressed} more like this left out)"
        record.msg, record.args = message, None
        if record.exc_info and not record.exc_text:
            record.exc_text = redaction.scrub(logging.Formatter().formatException(record.exc_info))
        return True


_enrich = _Enrich()


def get_logger(name: str) -> logging.Logger:
    """The logger of a module: ``get_logger(__name__)``; a name outside ``levada`` is put below it."""
    if name != ROOT and not name.startswith(ROOT + "."):
        name = f"{ROOT}.{name}"
    logger = logging.getLogger(name)
    logger.addFilter(_enrich)
    return logger


class TextFormatter(logging.Formatter):
    """``12:30:01 WARNING levada.runtime [flights/delays#0] the message``."""

    def format(self, record: logging.LogRecord) -> str:
        task = _task_of(record)
        record.task = f" [{task}]" if any(part is not None for part in task) else ""
        return super().format(record)


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time, level, logger, message; job, operator, subtask, exception where there are any."""

    def format(self, record: logging.LogRecord) -> str:
        import json

        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_task_of(record)._asdict(),
            "suppressed": getattr(record, "suppressed", None),
            "exception": record.exc_text or (self.formatException(record.exc_info) if record.exc_info else None),
        }
        return json.dumps({name: value for name, value in fields.items() if value is not None}, ensure_ascii=False)


def _task_of(record: logging.LogRecord) -> TaskInfo:
    return TaskInfo(*(getattr(record, name, None) for name in TaskInfo._fields))


class _Console(logging.StreamHandler[TextIO]):
    """Our handler. It leaves texts to the root logger's handler where the program has set one up on a console."""

    def __init__(self, stream: TextIO, yields: bool) -> None:
        super().__init__(stream)
        self._yields = yields

    def emit(self, record: logging.LogRecord) -> None:
        consoles = (sys.stderr, sys.stdout)
        if self._yields and any(getattr(each, "stream", None) in consoles for each in logging.getLogger().handlers):
            return
        super().emit(record)


def configure(level: str = "WARNING", style: str = "text", stream: TextIO | None = None) -> logging.Handler:
    """Send the records of ``levada.*`` from ``level`` up to a stream, as ``text`` or ``json`` lines.

    Parameters
    ----------
    level : str
        DEBUG, INFO, WARNING, ERROR or CRITICAL, in any case.
    style : str
        ``text`` or ``json``.
    stream : text file, optional
        Standard error unless another is given.

    Returns
    -------
    logging.Handler
        The handler; it replaces the one of an earlier call.
    """
    logger = logging.getLogger(ROOT)
    for old in [each for each in logger.handlers if isinstance(each, _Console)]:
        logger.removeHandler(old)
    handler = _Console(stream or sys.stderr, yields=style == "text")
    handler.addFilter(_enrich)
    text = "%(asctime)s %(levelname)s %(name)s%(task)s %(message)s"
    handler.setFormatter(JsonFormatter() if style == "json" else TextFormatter(text, "%H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(level.upper())
    return handler
