"""String functions."""

from __future__ import annotations

from levada.operators.columnar import expressions as columnar
from levada.sql.functions.coercion import STRING
from levada.sql.functions.definition import (
    Arguments,
    Bind,
    Function,
    Lower,
    MismatchError,
    any_nullable,
    count,
    described,
    is_null_type,
    is_string,
    need_numeric,
    need_string,
)
from levada.sql.logical.expressions import Call, Expression, Literal
from levada.sql.types import STRING_LENGTH, BooleanType, CharType, DataType, IntType, VarCharType
from levada.sql.types.arrow import to_arrow


def _length(kind: DataType) -> int:
    return kind.length if isinstance(kind, CharType | VarCharType) else STRING_LENGTH


def _bind_concat(arguments: Arguments) -> Expression:
    """``a || b``."""
    if not all(is_string(a.data_type) or is_null_type(a.data_type) for a in arguments):
        raise MismatchError(f"`||` takes strings, not {described(arguments)}; use CAST(.. AS STRING)")
    length = min(sum(_length(argument.data_type) for argument in arguments), STRING_LENGTH)
    fixed = all(isinstance(argument.data_type, CharType) for argument in arguments)
    kind = CharType(length) if fixed else VarCharType(length)
    return Call(kind.with_nullability(any_nullable(arguments)), "||", arguments)


def _bind_concat_function(arguments: Arguments) -> Expression:
    count("CONCAT", arguments, 1, None)
    need_string("CONCAT", *arguments)
    return Call(STRING.with_nullability(any_nullable(arguments)), "||", arguments)


def _lower_concat(call: Call, operands: tuple[columnar.Expression, ...]) -> columnar.Expression:
    separator = columnar.Literal.of("", to_arrow(STRING))
    return columnar.Call("binary_join_element_wise", (*operands, separator), to_arrow(call.data_type))


def _same(name: str) -> Bind:
    def bind(arguments: Arguments) -> Expression:
        count(name, arguments, 1, 1)
        need_string(name, *arguments)
        return Call(arguments[0].data_type, name, arguments)

    return bind


def _reverse(arguments: Arguments) -> Expression:
    count("REVERSE", arguments, 1, 1)
    need_string("REVERSE", *arguments)
    return Call(STRING, "REVERSE", arguments)


def _length_of(arguments: Arguments) -> Expression:
    count("CHAR_LENGTH", arguments, 1, 1)
    need_string("CHAR_LENGTH", *arguments)
    return Call(IntType(any_nullable(arguments)), "CHAR_LENGTH", arguments)


def _predicate(name: str) -> Bind:
    def bind(arguments: Arguments) -> Expression:
        count(name, arguments, 2, 2)
        need_string(name, *arguments)
        if not isinstance(arguments[1], Literal):
            raise MismatchError(f"not supported yet: {name} with a second argument that is no constant")
        return Call(BooleanType(any_nullable(arguments)), name, arguments)

    return bind


def _constant(name: str, argument: Expression) -> int | None:
    if not isinstance(argument, Literal):
        raise MismatchError(f"not supported yet: {name} with positions that are not constants")
    return None if argument.value is None else int(argument.value)


def _substring(arguments: Arguments) -> Expression:
    count("SUBSTRING", arguments, 2, 3)
    need_string("SUBSTRING", arguments[0])
    need_numeric("SUBSTRING", *arguments[1:])
    for position in arguments[1:]:
        _constant("SUBSTRING", position)
    return Call(VarCharType(_length(arguments[0].data_type)), "SUBSTRING", arguments)


def _lower_substring(call: Call, operands: tuple[columnar.Expression, ...]) -> columnar.Expression:
    kind = to_arrow(call.data_type)
    first = _constant("SUBSTRING", call.arguments[1])
    length = _constant("SUBSTRING", call.arguments[2]) if len(call.arguments) > 2 else STRING_LENGTH
    if first is None or length is None:
        return columnar.Literal.of(None, kind)
    start = first - 1 if first > 0 else first
    stop: int | None = start + max(length, 0)
    if start < 0 and stop is not None and stop >= 0:
        stop = None
    options: tuple[tuple[str, object], ...] = (("start", start),)
    if stop is not None and stop < STRING_LENGTH:
        options += (("stop", stop),)
    return columnar.Call("utf8_slice_codeunits", operands[:1], kind, options)


def _left(arguments: Arguments) -> Expression:
    count("LEFT", arguments, 2, 2)
    return _substring((arguments[0], Literal(IntType(False), 1), arguments[1]))


def _right(arguments: Arguments) -> Expression:
    count("RIGHT", arguments, 2, 2)
    length = _constant("RIGHT", arguments[1])
    if length is not None and length <= 0:
        return _substring((arguments[0], Literal(IntType(False), 1), Literal(IntType(False), 0)))
    start = Literal(IntType(length is None), None if length is None else -length)
    return _substring((arguments[0], start))


def _trim(name: str) -> Bind:
    def bind(arguments: Arguments) -> Expression:
        count(name, arguments, 1, 2)
        need_string(name, *arguments)
        characters = arguments[1] if len(arguments) > 1 else Literal(CharType(1, False), " ")
        if not isinstance(characters, Literal):
            raise MismatchError(f"not supported yet: {name} of characters that are no constant")
        kind = VarCharType(_length(arguments[0].data_type)) if len(arguments) == 1 or name == "TRIM" else STRING
        return Call(kind.with_nullability(any_nullable(arguments)), name, (arguments[0], characters))

    return bind


def _lower_trim(function: str) -> Lower:
    def lower(call: Call, operands: tuple[columnar.Expression, ...]) -> columnar.Expression:
        characters = call.arguments[1]
        kind = to_arrow(call.data_type)
        if isinstance(characters, Literal) and characters.value is not None:
            return columnar.Call(function, operands[:1], kind, (("characters", characters.value),))
        return columnar.Literal.of(None, kind)

    return lower


def _lower_pattern(function: str) -> Lower:
    def lower(call: Call, operands: tuple[columnar.Expression, ...]) -> columnar.Expression:
        pattern = call.arguments[1]
        if isinstance(pattern, Literal) and pattern.value is not None:
            return columnar.Call(function, operands[:1], to_arrow(call.data_type), (("pattern", pattern.value),))
        return columnar.Literal.of(None, to_arrow(call.data_type))

    return lower


def _bind_replace(arguments: Arguments) -> Expression:
    count("REPLACE", arguments, 3, 3)
    need_string("REPLACE", *arguments)
    if not all(isinstance(argument, Literal) for argument in arguments[1:]):
        raise MismatchError("not supported yet: REPLACE with texts that are not constants")
    return Call(STRING.with_nullability(any_nullable(arguments)), "REPLACE", arguments)


def _lower_replace(call: Call, operands: tuple[columnar.Expression, ...]) -> columnar.Expression:
    old, new = (argument.value for argument in call.arguments[1:] if isinstance(argument, Literal))
    kind = to_arrow(call.data_type)
    if old is None or new is None:
        return columnar.Literal.of(None, kind)
    return columnar.Call("replace_substring", operands[:1], kind, (("pattern", old), ("replacement", new)))


def _arrow(function: str) -> Lower:
    return lambda call, operands: columnar.Call(function, operands, to_arrow(call.data_type))


FUNCTIONS = (
    Function("||", _bind_concat, _lower_concat),
    Function("CONCAT", _bind_concat_function),
    Function("UPPER", _same("UPPER"), _arrow("utf8_upper")),
    Function("LOWER", _same("LOWER"), _arrow("utf8_lower")),
    Function("INITCAP", _same("INITCAP"), _arrow("utf8_title")),
    Function("REVERSE", _reverse, _arrow("utf8_reverse")),
    Function("CHAR_LENGTH", _length_of, _arrow("utf8_length")),
    Function("CHARACTER_LENGTH", _length_of),
    Function("SUBSTRING", _substring, _lower_substring),
    Function("SUBSTR", _substring),
    Function("LEFT", _left),
    Function("RIGHT", _right),
    Function("TRIM", _trim("TRIM"), _lower_trim("utf8_trim")),
    Function("BTRIM", _trim("BTRIM"), _lower_trim("utf8_trim")),
    Function("LTRIM", _trim("LTRIM"), _lower_trim("utf8_ltrim")),
    Function("RTRIM", _trim("RTRIM"), _lower_trim("utf8_rtrim")),
    Function("REPLACE", _bind_replace, _lower_replace),
    Function("STARTSWITH", _predicate("STARTSWITH"), _lower_pattern("starts_with")),
    Function("ENDSWITH", _predicate("ENDSWITH"), _lower_pattern("ends_with")),
)
