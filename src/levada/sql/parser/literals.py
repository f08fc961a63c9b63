"""Literals: strings in all their spellings, numbers, dates, intervals."""

from __future__ import annotations

import re

from levada.sql.ast import expressions as ast
from levada.sql.parser.cursor import Cursor
from levada.sql.tokenizer import TokenKind

_UNITS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")
_SINGULAR = {f"{unit}S": unit for unit in _UNITS} | {unit: unit for unit in _UNITS}


def literal(cursor: Cursor) -> ast.Expression | None:
    """Read a literal, or nothing if none comes next."""
    token = cursor.token
    span = token.span
    match token.kind:
        case TokenKind.INTEGER | TokenKind.DECIMAL:
            return ast.NumberLiteral(cursor.advance().text, span=span)
        case TokenKind.APPROXIMATE:
            return ast.NumberLiteral(cursor.advance().text, approximate=True, span=span)
        case TokenKind.STRING:
            return ast.StringLiteral(_strings(cursor), span=cursor.span_from(span))
        case TokenKind.UNICODE:
            return _unicode(cursor)
        case TokenKind.BINARY:
            return _binary(cursor)
        case TokenKind.WORD:
            return _word(cursor)
        case _:
            return None


def _word(cursor: Cursor) -> ast.Expression | None:
    token = cursor.token
    followed_by_string = cursor.ahead().kind is TokenKind.STRING
    match token.value:
        case "NULL":
            cursor.advance()
            return ast.NullLiteral(span=token.span)
        case "TRUE" | "FALSE" | "UNKNOWN":
            cursor.advance()
            return ast.BooleanLiteral({"TRUE": True, "FALSE": False}.get(token.value), span=token.span)
        case "DATE" | "TIME" | "TIMESTAMP" if followed_by_string:
            cursor.advance()
            text = cursor.string()
            return ast.TemporalLiteral(token.value, text, span=cursor.span_from(token.span))
        case "INTERVAL":
            return interval(cursor)
        case _:
            return None


def _strings(cursor: Cursor) -> str:
    """A string, and further ones behind it, which continue it."""
    text = cursor.string()
    while cursor.token.kind is TokenKind.STRING:
        text += cursor.string()
    return text


def _unicode(cursor: Cursor) -> ast.Expression:
    token = cursor.advance()
    escape = "\\"
    if cursor.take("UESCAPE"):
        escape = cursor.string("an escape character in quotes")
        if len(escape) != 1 or escape.isalnum() or escape in "+' ":
            raise cursor.error("UESCAPE takes one character that is no letter, digit, space, + or quote", token.span)
    mark = re.escape(escape)

    def replace(match: re.Match[str]) -> str:
        code = match.group("six") or match.group("four")
        return escape if code is None else chr(int(code, 16))

    pattern = rf"{mark}(?:\+(?P<six>[0-9A-Fa-f]{{6}})|(?P<four>[0-9A-Fa-f]{{4}})|(?P<self>{mark}))"
    return ast.StringLiteral(re.sub(pattern, replace, token.value), span=cursor.span_from(token.span))


def _binary(cursor: Cursor) -> ast.Expression:
    token = cursor.advance()
    try:
        value = bytes.fromhex(token.value)
    except ValueError:
        raise cursor.error("a binary string holds pairs of hexadecimal digits: x'48656c'", token.span) from None
    return ast.BinaryLiteral(value, span=token.span)


def interval_unit(cursor: Cursor) -> str:
    """Read a unit of time, in singular or plural."""
    token = cursor.token
    unit = _SINGULAR.get(token.value) if token.kind is TokenKind.WORD else None
    if unit is None:
        raise cursor.unexpected("a unit of time (YEAR, MONTH, DAY, HOUR, MINUTE, SECOND)")
    cursor.advance()
    return unit


def interval(cursor: Cursor) -> ast.Expression:
    """Read ``INTERVAL [-]'..' unit [TO unit]``."""
    start = cursor.expect("INTERVAL").span
    negative = cursor.take_symbol("-")
    text = cursor.string("the interval's value in quotes")
    first = last = interval_unit(cursor)
    precision = cursor.parenthesised(Cursor.integer) if cursor.at_symbol("(") else None
    if cursor.take("TO"):
        last = interval_unit(cursor)
        if cursor.at_symbol("("):
            cursor.parenthesised(Cursor.integer)
    return ast.IntervalLiteral(text, first, last, negative, precision, span=cursor.span_from(start))
