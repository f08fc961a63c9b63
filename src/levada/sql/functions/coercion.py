"""Which types mix, and into what: Flink's implicit conversions, and which casts exist."""

from __future__ import annotations

from collections.abc import Sequence

from levada.sql.functions.definition import MismatchError, is_bytes, is_null_type, is_string
from levada.sql.logical.expressions import Cast, Expression, Literal
from levada.sql.types import (
    STRING_LENGTH,
    ArrayType,
    BigIntType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    FractionalType,
    IntegralType,
    IntType,
    LocalZonedTimestampType,
    MapType,
    NullType,
    NumericType,
    RowField,
    RowType,
    SmallIntType,
    TimestampType,
    TimeType,
    TinyIntType,
    VarBinaryType,
    VarCharType,
    type_name,
    type_root,
)

_INTEGERS: tuple[type[DataType], ...] = (TinyIntType, SmallIntType, IntType, BigIntType)
_DIGITS: dict[type[DataType], int] = {TinyIntType: 3, SmallIntType: 5, IntType: 10, BigIntType: 19}
_TEMPORAL = (DateType, TimeType, TimestampType, LocalZonedTimestampType)
_MAX_PRECISION = 38


def cast(operand: Expression, target: DataType, safe: bool = False) -> Expression:
    """``CAST(operand AS target)`` with NULL allowed as in the operand; nothing where the type is the same already."""
    nullable = safe or operand.data_type.is_nullable
    wanted = target.with_nullability(nullable)
    if operand.data_type.with_nullability(nullable) == wanted:
        return operand
    if isinstance(operand, Literal) and operand.value is None:
        return Literal(target.nullable(), None)
    return Cast(wanted, operand, safe)


def as_decimal(kind: DataType) -> DecimalType:
    """The decimal type that holds every value of an exact type."""
    if isinstance(kind, DecimalType):
        return kind
    return DecimalType(_DIGITS[type(kind)], 0, kind.is_nullable)


def common_type(kinds: Sequence[DataType]) -> DataType | None:
    """The type that values of all these types convert to without a word, or None."""
    nullable = any(kind.is_nullable for kind in kinds)
    known = [kind for kind in kinds if not is_null_type(kind)]
    if not known:
        return NullType()
    result: DataType | None = known[0]
    for kind in known[1:]:
        result = None if result is None else _pair(result, kind)
    return None if result is None else result.with_nullability(nullable)


def _pair(left: DataType, right: DataType) -> DataType | None:
    if left.nullable() == right.nullable():
        return left
    if isinstance(left, NumericType) and isinstance(right, NumericType):
        return _numeric(left, right)
    if is_string(left) and is_string(right):
        return VarCharType(max(left.length, right.length))  # type: ignore[attr-defined]
    if is_bytes(left) and is_bytes(right):
        return VarBinaryType(max(left.length, right.length))  # type: ignore[attr-defined]
    if type(left) is not type(right):
        return None
    if isinstance(left, TimeType | TimestampType | LocalZonedTimestampType):
        return left if left.precision >= right.precision else right  # type: ignore[attr-defined]
    return _nested(left, right)


def _numeric(left: DataType, right: DataType) -> DataType:
    if isinstance(left, IntegralType) and isinstance(right, IntegralType):
        return left if _INTEGERS.index(type(left)) >= _INTEGERS.index(type(right)) else right
    for kind in (DoubleType, FloatType):
        if isinstance(left, kind) or isinstance(right, kind):
            other = right if isinstance(left, kind) else left
            return DoubleType() if isinstance(other, DecimalType | DoubleType) else kind()
    one, other_decimal = as_decimal(left), as_decimal(right)
    scale = max(one.scale, other_decimal.scale)
    whole = max(one.precision - one.scale, other_decimal.precision - other_decimal.scale)
    precision = min(whole + scale, _MAX_PRECISION)
    return DecimalType(precision, min(scale, precision))


def _nested(left: DataType, right: DataType) -> DataType | None:
    if isinstance(left, ArrayType) and isinstance(right, ArrayType):
        element = common_type([left.element_type, right.element_type])
        return None if element is None else ArrayType(element)
    if isinstance(left, MapType) and isinstance(right, MapType):
        key = common_type([left.key_type, right.key_type])
        value = common_type([left.value_type, right.value_type])
        return None if key is None or value is None else MapType(key, value)
    if isinstance(left, RowType) and isinstance(right, RowType) and len(left.fields) == len(right.fields):
        pairs = zip(left.fields, right.fields, strict=True)
        fields = [(one.name, common_type([one.data_type, other.data_type])) for one, other in pairs]
        if all(kind is not None for _, kind in fields):
            return RowType(RowField(name, kind) for name, kind in fields if kind is not None)
    return None


def unified(what: str, expressions: Sequence[Expression]) -> tuple[list[Expression], DataType]:
    """The expressions cast to their common type, which a message about ``what`` says they lack."""
    kind = common_type([expression.data_type for expression in expressions])
    if kind is None:
        names = ", ".join(dict.fromkeys(type_name(e.data_type.nullable()) for e in expressions))
        raise MismatchError(f"{what} mixes types that do not convert into each other: {names}; use CAST")
    return [cast(expression, kind) for expression in expressions], kind


def comparable(sign: str, left: Expression, right: Expression) -> tuple[Expression, Expression]:
    """Both sides of a comparison, one of them cast if need be."""
    one, other = left.data_type, right.data_type
    if is_null_type(one) or is_null_type(other):
        return (cast(left, other), right) if is_null_type(one) else (left, cast(right, one))
    if isinstance(one, NumericType) and isinstance(other, NumericType):
        return left, right
    if is_string(one) and isinstance(other, _TEMPORAL):
        return cast(left, other), right
    if isinstance(one, _TEMPORAL) and is_string(other):
        return left, cast(right, one)
    kind = common_type([one, other])
    if kind is None:
        names = f"{type_name(one.nullable())} {sign} {type_name(other.nullable())}"
        raise MismatchError(f"{names} compares types that do not convert into each other; use CAST")
    if is_string(kind):
        return left, right
    return cast(left, kind), cast(right, kind)


_CASTS: dict[str, frozenset[str]] = {
    "string": frozenset({"string", "number", "BOOLEAN", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ"}),
    "number": frozenset({"string", "number", "BOOLEAN"}),
    "BOOLEAN": frozenset({"string", "number", "BOOLEAN"}),
    "bytes": frozenset({"string", "bytes"}),
    "DATE": frozenset({"string", "DATE", "TIMESTAMP", "TIMESTAMP_LTZ"}),
    "TIME": frozenset({"string", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ"}),
    "TIMESTAMP": frozenset({"string", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ"}),
    "TIMESTAMP_LTZ": frozenset({"string", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ"}),
}


def _family(kind: DataType) -> str:
    if is_string(kind):
        return "string"
    if is_bytes(kind):
        return "bytes"
    return "number" if isinstance(kind, IntegralType | FractionalType) else type_root(kind)


def check_cast(source: DataType, target: DataType) -> None:
    """Refuse casts that do not exist."""
    if is_null_type(source) or source.nullable() == target.nullable():
        return
    if isinstance(source, ArrayType) and isinstance(target, ArrayType):
        check_cast(source.element_type, target.element_type)
        return
    if isinstance(source, RowType) and isinstance(target, RowType) and len(source.fields) == len(target.fields):
        for one, other in zip(source.fields, target.fields, strict=True):
            check_cast(one.data_type, other.data_type)
        return
    if _family(target) not in _CASTS.get(_family(source), frozenset()):
        pair = f"{type_name(source.nullable())} to {type_name(target.nullable())}"
        if is_string(target) or (is_string(source) and is_bytes(target)):
            raise MismatchError(f"not supported yet: CAST from {pair}")
        raise MismatchError(f"there is no CAST from {pair}")


def assignable(source: DataType, target: DataType) -> bool:
    """Whether values of one type go into a sink's column of another without a CAST: nothing can be lost but length."""
    if is_null_type(source):
        return target.is_nullable
    if isinstance(source, IntegralType) and isinstance(target, IntegralType):
        return _INTEGERS.index(type(source)) <= _INTEGERS.index(type(target))
    if isinstance(source, NumericType) and isinstance(target, NumericType):
        if isinstance(target, IntegralType | DecimalType):
            return isinstance(target, DecimalType) and isinstance(source, IntegralType | DecimalType)
        return isinstance(target, DoubleType) or not isinstance(source, DoubleType)
    if is_string(source) and is_string(target):
        return True
    if is_bytes(source) and is_bytes(target):
        return True
    return common_type([source, target]) is not None


STRING = VarCharType(STRING_LENGTH)
BOOLEAN = BooleanType()
