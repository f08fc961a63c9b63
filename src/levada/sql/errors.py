"""SQL errors that show where: line, column, the marked text and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from levada.common.errors import SqlError


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the statement's text, by character offsets."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """From the start of this to the end of ``other``."""
        return Span(self.start, max(self.end, other.end))


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """One-based line and column of a character offset."""
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1


def sql_error(text: str, span: Span, message: str) -> SqlError:
    """An error whose message shows the line with ``span`` marked."""
    line, column = line_and_column(text, span.start)
    shown = text.split("\n")[line - 1]
    length = max(1, min(span.end - span.start, len(shown) - column + 1))
    lead = "".join("\t" if char == "\t" else " " for char in shown[: column - 1])
    return SqlError(f"line {line}, column {column}: {message}\n  {shown}\n  {lead}{'^' * length}")


def not_supported(text: str, span: Span, what: str) -> SqlError:
    """The error for what Flink has and Levada has not yet."""
    return sql_error(text, span, f"not supported yet: {what}")


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """``; did you mean `x`?`` where something known is close to ``name``, else nothing."""
    names = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), names, n=1, cutoff=cutoff)
    return f"; did you mean `{names[close[0]]}`?" if close else ""
