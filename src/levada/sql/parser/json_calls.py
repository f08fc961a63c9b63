"""The clauses of the JSON functions: ``RETURNING``, ``ON EMPTY``, wrappers, keys and values."""

from __future__ import annotations

from collections.abc import Callable

from levada.sql.ast import expressions as ast
from levada.sql.parser import expressions
from levada.sql.parser.cursor import Cursor
from levada.sql.parser.types import data_type

_Options = tuple[tuple[str, object], ...]
_Special = tuple[tuple[ast.Expression, ...], _Options]


def _value_and_path(cursor: Cursor) -> tuple[ast.Expression, ...]:
    value = expressions.expression(cursor)
    cursor.expect_symbol(",")
    return value, expressions.expression(cursor)


def _exists(cursor: Cursor) -> _Special:
    arguments = _value_and_path(cursor)
    behaviour = cursor.take_any("TRUE", "FALSE", "UNKNOWN", "ERROR")
    if behaviour is None:
        return arguments, ()
    cursor.expect("ON", "ERROR")
    return arguments, (("ON ERROR", behaviour),)


def _returning(cursor: Cursor) -> _Options:
    return (("RETURNING", data_type(cursor)),) if cursor.take("RETURNING") else ()


def _value(cursor: Cursor) -> _Special:
    arguments = _value_and_path(cursor)
    options = _returning(cursor)
    while cursor.at_any("NULL", "ERROR", "DEFAULT"):
        behaviour: object = cursor.advance().value
        if behaviour == "DEFAULT":
            behaviour = expressions.expression(cursor)
        cursor.expect("ON")
        options += ((f"ON {cursor.expect_any('EMPTY', 'ERROR')}", behaviour),)
    return arguments, options


def _query(cursor: Cursor) -> _Special:
    arguments = _value_and_path(cursor)
    options = _returning(cursor)
    if wrapper := cursor.take_any("WITH", "WITHOUT"):
        kind = cursor.take_any("CONDITIONAL", "UNCONDITIONAL") if wrapper == "WITH" else None
        cursor.take("ARRAY")
        cursor.expect("WRAPPER")
        options += (("WRAPPER", kind or ("UNCONDITIONAL" if wrapper == "WITH" else "WITHOUT")),)
    while cursor.at_any("NULL", "ERROR", "EMPTY"):
        behaviour = cursor.advance().value
        if behaviour == "EMPTY":
            behaviour += f" {cursor.expect_any('ARRAY', 'OBJECT')}"
        cursor.expect("ON")
        options += ((f"ON {cursor.expect_any('EMPTY', 'ERROR')}", behaviour),)
    return arguments, options


def _on_null(cursor: Cursor) -> _Options:
    behaviour = cursor.take_any("NULL", "ABSENT")
    if behaviour is None:
        return ()
    cursor.expect("ON", "NULL")
    return (("ON NULL", behaviour),)


def _entry(cursor: Cursor) -> tuple[ast.Expression, ast.Expression]:
    marked = cursor.take("KEY")
    key = expressions.expression(cursor)
    if not cursor.take_symbol(":"):
        cursor.expect("VALUE")
    elif marked:
        raise cursor.error("after KEY the value follows VALUE, not `:`")
    return key, expressions.expression(cursor)


def _object(cursor: Cursor) -> _Special:
    arguments: list[ast.Expression] = []
    if not cursor.at_symbol(")") and not cursor.at_any("ABSENT"):
        for key, value in cursor.comma_list(_entry):
            arguments += (key, value)
    return tuple(arguments), _on_null(cursor)


def _array(cursor: Cursor) -> _Special:
    arguments: tuple[ast.Expression, ...] = ()
    if not cursor.at_symbol(")") and not cursor.at("NULL", "ON") and not cursor.at("ABSENT", "ON"):
        arguments = expressions.expression_list(cursor)
    return arguments, _on_null(cursor)


RULES: dict[str, Callable[[Cursor], _Special]] = {
    "JSON_EXISTS": _exists,
    "JSON_VALUE": _value,
    "JSON_QUERY": _query,
    "JSON_OBJECT": _object,
    "JSON_OBJECTAGG": _object,
    "JSON_ARRAY": _array,
    "JSON_ARRAYAGG": _array,
}
