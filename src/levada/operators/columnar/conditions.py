"""Kernels of the conditions: IS TRUE, IN, LIKE, CASE."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from levada.common.errors import UserError
from levada.operators.columnar.expressions import Truth
from levada.state.columnar.arrays import array_of, scalar_of

Datum = Any

_TRUE = scalar_of(True, pa.bool_())
_UNKNOWN = scalar_of(None, pa.bool_())


def is_true(condition: Datum) -> Datum:
    """False in place of NULL; twelve times cheaper than ``coalesce``."""
    if isinstance(condition, pa.Array) and condition.null_count == 0:
        return condition
    return pc.and_kleene(pc.is_valid(condition), condition)


def truth_kernel(truth: Truth, negated: bool) -> Callable[[Datum], Datum]:
    """``IS [NOT] TRUE | FALSE | UNKNOWN``."""
    if truth is Truth.UNKNOWN:
        return (lambda operand: pc.is_valid(operand)) if negated else (lambda operand: pc.is_null(operand))

    def test(operand: Datum) -> Datum:
        result = is_true(operand if truth is Truth.TRUE else pc.invert(operand))
        return pc.invert(result) if negated else result

    return test


def in_list_kernel(data_type: pa.DataType, values: tuple[pa.Scalar, ...], negated: bool) -> Callable[[Datum], Datum]:
    """``IN`` a list of constants, unknown where SQL says so."""
    known = [value.as_py() for value in values if value.is_valid]
    options = pc.SetLookupOptions(value_set=array_of(known, data_type))
    has_null = len(known) < len(values)
    call = pc.get_function("is_in").call

    def test(operand: Datum) -> Datum:
        found = call([operand], options)
        if has_null:
            found = pc.if_else(found, _TRUE, _UNKNOWN)
        if isinstance(operand, pa.Scalar) or operand.null_count:
            found = pc.if_else(pc.is_valid(operand), found, _UNKNOWN)
        return pc.invert(found) if negated else found

    return test


def like_kernel(pattern: str | None, escape: str | None, negated: bool) -> Callable[[Datum], Datum]:
    """``LIKE``; patterns without ``_`` and with ``%`` only at the ends need no regular expression."""
    if pattern is None:
        return lambda operand: pc.and_(pc.is_null(operand), _UNKNOWN)
    function, text = _like_function(_parse_like(pattern, escape))
    if function == "equal":
        constant = scalar_of(text, pa.string())

        def matches(operand: Datum) -> Datum:
            return pc.equal(operand, constant)
    else:
        call = pc.get_function(function).call
        options = pc.MatchSubstringOptions(text)

        def matches(operand: Datum) -> Datum:
            return call([operand], options)

    return (lambda operand: pc.invert(matches(operand))) if negated else matches


def case_kernel(branches: int, data_type: pa.DataType) -> Callable[..., Datum]:
    """``CASE`` over conditions and values that have been computed for all rows: condition, value, ..., otherwise."""

    def typed(value: Datum) -> Datum:
        return value if value.type == data_type else value.cast(data_type)

    def choose(*parts: Datum) -> Datum:
        result = typed(parts[-1])
        for branch in reversed(range(branches)):
            result = pc.if_else(is_true(parts[2 * branch]), typed(parts[2 * branch + 1]), result)
        return result

    return choose


_ANY, _ONE = object(), object()


def _parse_like(pattern: str, escape: str | None) -> list[Any]:
    if escape is not None and len(escape) != 1:
        raise UserError(f"LIKE ... ESCAPE {escape!r}: the escape must be one character")
    tokens: list[Any] = []
    letters = iter(pattern)
    for letter in letters:
        if letter == escape:
            escaped = next(letters, None)
            if escaped not in ("%", "_", escape):
                raise UserError(f"LIKE {pattern!r}: the escape {escape!r} must stand before %, _ or itself")
            letter = escaped
        elif letter in "%_":
            tokens.append(_ANY if letter == "%" else _ONE)
            continue
        if tokens and isinstance(tokens[-1], str):
            tokens[-1] += letter
        else:
            tokens.append(letter)
    return tokens


def _like_function(tokens: list[Any]) -> tuple[str, str]:
    match tokens:
        case []:
            return "equal", ""
        case [str(text)]:
            return "equal", text
        case [str(text), any_] if any_ is _ANY:
            return "starts_with", text
        case [any_, str(text)] if any_ is _ANY:
            return "ends_with", text
        case [any_, str(text), end] if any_ is _ANY and end is _ANY:
            return "match_substring", text
    parts = {id(_ANY): ".*", id(_ONE): "."}
    body = "".join(_regex_quoted(token) if isinstance(token, str) else parts[id(token)] for token in tokens)
    return "match_substring_regex", f"(?s)\\A{body}\\z"


def _regex_quoted(text: str) -> str:
    return re.sub(r"[][\\.^$*+?(){}|]", lambda found: "\\" + found.group(), text)
