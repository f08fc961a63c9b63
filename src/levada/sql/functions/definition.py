"""What a scalar function is: how a call is typed, and how it becomes an expression over columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from levada.operators.columnar import expressions as columnar
from levada.sql.logical.expressions import Call, Expression
from levada.sql.types import (
    BinaryType,
    BooleanType,
    CharType,
    DataType,
    NullType,
    NumericType,
    VarBinaryType,
    VarCharType,
    type_name,
)

Arguments = tuple[Expression, ...]
Bind = Callable[[Arguments], Expression]
Lower = Callable[[Call, tuple[columnar.Expression, ...]], columnar.Expression]


class MismatchError(Exception):
    """Arguments do not fit a function; the binder adds the place in the text."""


@dataclass(frozen=True, slots=True)
class Function:
    """A scalar function or operator.

    ``bind`` checks and types a call. It may give other nodes than a ``Call`` of this name (COALESCE is a ``Case``);
    ``lower`` is None for such functions.
    """

    name: str
    bind: Bind
    lower: Lower | None = None


def any_nullable(arguments: Arguments) -> bool:
    """Whether one of the arguments may be NULL."""
    return any(argument.data_type.is_nullable for argument in arguments)


def described(arguments: Arguments) -> str:
    """The arguments' types, for messages."""
    return ", ".join(type_name(argument.data_type.nullable()) for argument in arguments)


def count(name: str, arguments: Arguments, least: int, most: int | None) -> None:
    """Refuse a wrong number of arguments."""
    given = len(arguments)
    if least <= given and (most is None or given <= most):
        return
    wanted = str(least) if least == most else f"{least} or more" if most is None else f"{least} to {most}"
    raise MismatchError(f"{name} takes {wanted} argument{'' if wanted == '1' else 's'}, not {given}")


def is_null_type(kind: DataType) -> bool:
    """Whether this is the type of a bare NULL."""
    return isinstance(kind, NullType)


def is_string(kind: DataType) -> bool:
    """CHAR, VARCHAR or STRING."""
    return isinstance(kind, CharType | VarCharType)


def is_bytes(kind: DataType) -> bool:
    """BINARY, VARBINARY or BYTES."""
    return isinstance(kind, BinaryType | VarBinaryType)


def need_numeric(name: str, *arguments: Expression) -> None:
    """Refuse arguments that are not numbers."""
    for argument in arguments:
        if not isinstance(argument.data_type, NumericType | NullType):
            raise MismatchError(f"{name} takes numbers, not {type_name(argument.data_type.nullable())}")


def need_string(name: str, *arguments: Expression) -> None:
    """Refuse arguments that are not strings."""
    for argument in arguments:
        if not is_string(argument.data_type) and not is_null_type(argument.data_type):
            raise MismatchError(
                f"{name} takes strings, not {type_name(argument.data_type.nullable())}; use CAST(.. AS STRING)"
            )


def need_boolean(name: str, *arguments: Expression) -> None:
    """Refuse arguments that are not conditions."""
    for argument in arguments:
        if not isinstance(argument.data_type, BooleanType | NullType):
            raise MismatchError(f"{name} takes conditions, not {type_name(argument.data_type.nullable())}")
