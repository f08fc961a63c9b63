"""Type informations: values themselves, and what they make of values."""

import datetime as dt
import pickle
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, Optional

import pytest

from levada.common.errors import JobBuildError
from levada.common.output_tag import OutputTag
from levada.common.time import Instant
from levada.common.typeinfo import ObjectTypeInfo, RowTypeInfo, TypeInformation, Types, type_information_of
from levada.common.types import Row, RowKind


@dataclass
class Bid:
    price: int


class Pair(NamedTuple):
    left: int
    right: int


BYTES = Types.PRIMITIVE_ARRAY(Types.BYTE())


def test_types_are_values() -> None:
    assert Types.ROW([Types.STRING(), Types.INT()]) == Types.ROW([Types.STRING(), Types.INT()])
    assert Types.ROW([Types.STRING()]) != Types.ROW([Types.INT()])
    assert Types.ROW_NAMED(["a"], [Types.INT()]) != Types.ROW_NAMED(["b"], [Types.INT()])
    assert Types.TUPLE([Types.INT()]) != Types.ROW([Types.INT()])
    assert len({Types.LIST(Types.INT()), Types.LIST(Types.INT()), Types.BASIC_ARRAY(Types.INT())}) == 2


def test_types_show_as_in_pyflink() -> None:
    assert str(Types.ROW_NAMED(["a", "b"], [Types.STRING(), Types.STRING()])) == "RowTypeInfo(a: String, b: String)"
    assert str(Types.TUPLE([Types.STRING(), Types.INT()])) == "TupleTypeInfo(String, Integer)"
    assert str(Types.ROW([Types.LONG()])) == "RowTypeInfo(f0: Long)"


def test_rows_know_their_fields() -> None:
    info = Types.ROW_NAMED(["a", "b"], [Types.STRING(), Types.INT()])
    assert info.get_field_names() == ["a", "b"]
    assert info.get_field_types() == [Types.STRING(), Types.INT()]
    assert (info.get_field_index("b"), info.get_field_index("z")) == (1, -1)
    assert Types.ROW([Types.INT()] * 2).get_field_names() == ["f0", "f1"]
    with pytest.raises(ValueError, match="2 field types but 1 field names"):
        RowTypeInfo([Types.INT(), Types.INT()], ["a"])
    with pytest.raises(ValueError, match="must differ"):
        RowTypeInfo([Types.INT(), Types.INT()], ["a", "a"])


ALL = [
    *(getattr(Types, name)() for name in ("STRING", "BYTE", "BOOLEAN", "SHORT", "INT", "LONG", "FLOAT", "DOUBLE")),
    *(getattr(Types, name)() for name in ("CHAR", "BIG_INT", "BIG_DEC", "INSTANT", "SQL_DATE", "SQL_TIME")),
    Types.SQL_TIMESTAMP(),
    Types.PICKLED_BYTE_ARRAY(),
    Types.ROW_NAMED(["a"], [Types.LIST(Types.INT())]),
    Types.TUPLE([Types.MAP(Types.STRING(), BYTES)]),
    Types.OBJECT_ARRAY(Types.SQL_DATE()),
    ObjectTypeInfo(Bid),
]


@pytest.mark.parametrize("info", ALL, ids=repr)
def test_types_survive_pickling_and_let_none_pass(info: TypeInformation) -> None:
    assert pickle.loads(pickle.dumps(info)) == info
    assert info.convert(None) is None
    assert info.shape(None) is None


@pytest.mark.parametrize(
    ("info", "value", "seen"),
    [
        (Types.INT(), 5, 5),
        (Types.DOUBLE(), 5, 5.0),
        (Types.FLOAT(), 0.1, 0.10000000149011612),
        (BYTES, bytearray(b"ab"), b"ab"),
        (Types.LIST(Types.INT()), (1, 2), [1, 2]),
        (Types.MAP(Types.STRING(), Types.DOUBLE()), {"a": 1}, {"a": 1.0}),
        (Types.TUPLE([Types.INT(), Types.STRING()]), [1, "a"], (1, "a")),
        (Types.ROW([Types.INT(), Types.STRING()]), (1, "a"), Row(f0=1, f1="a")),
        (Types.ROW_NAMED(["a", "b"], [int, int]), {"b": 2, "a": 1}, Row(a=1, b=2)),
        (Types.ROW_NAMED(["a", "b"], [int, int]), Row(b=2, a=1), Row(a=1, b=2)),
        (Types.ROW_NAMED(["a"], [Types.ROW([int])]), Row(Row(5)), Row(a=Row(f0=5))),
        (Types.ROW([int]), Row.of_kind(RowKind.DELETE, 1), Row.of_kind(RowKind.DELETE, f0=1)),
        (Types.PICKLED_BYTE_ARRAY(), {"any": "thing"}, {"any": "thing"}),
    ],
    ids=repr,
)
def test_a_declared_type_decides_what_functions_see(info: TypeInformation, value: Any, seen: Any) -> None:
    assert info.convert(value) == seen
    assert type(info.convert(value)) is type(seen)
    assert info.shape(value) == seen
    assert info.shape(seen) == seen
    if not info.shapes:
        assert value == seen


@pytest.mark.parametrize(
    ("info", "value", "told"),
    [
        (Types.INT(), "5", "'5' (str) is not of type Integer"),
        (Types.INT(), 2**31, "does not fit into 32 bits"),
        (Types.BYTE(), 128, "does not fit into 8 bits"),
        (Types.STRING(), b"x", "is not of type String"),
        (Types.DOUBLE(), "1.0", "is not of type Double"),
        (Types.SQL_DATE(), "2013-01-01", "is not of type SqlDate"),
        (BYTES, "text", "(str) is not of type"),
        (Types.LIST(Types.INT()), 5, "(int) is not of type"),
        (Types.LIST(Types.INT()), "no", "(str) is not of type"),
        (Types.MAP(Types.INT(), Types.INT()), [1], "(list) is not of type"),
        (Types.TUPLE([Types.INT()]), (1, 2), "has 2 fields"),
        (Types.ROW([Types.INT()]), 5, "(int) is not of type"),
        (ObjectTypeInfo(Bid), 5, "(int) is not of type Bid"),
    ],
    ids=repr,
)
def test_what_does_not_fit_is_refused(info: TypeInformation, value: Any, told: str) -> None:
    with pytest.raises(TypeError) as error:
        info.convert(value)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("annotation", "info"),
    [
        (int, Types.LONG()),
        (bool, Types.BOOLEAN()),
        (float, Types.DOUBLE()),
        (str, Types.STRING()),
        (bytes, BYTES),
        (Decimal, Types.BIG_DEC()),
        (dt.date, Types.SQL_DATE()),
        (dt.datetime, Types.SQL_TIMESTAMP()),
        (Instant, Types.INSTANT()),
        (list[int], Types.LIST(Types.LONG())),
        (dict[str, float], Types.MAP(Types.STRING(), Types.DOUBLE())),
        (tuple[str, int], Types.TUPLE([Types.STRING(), Types.LONG()])),
        (Optional[int], Types.LONG()),  # noqa: UP045
        (int | None, Types.LONG()),
        (int | str, Types.PICKLED_BYTE_ARRAY()),
        (tuple[int, ...], Types.PICKLED_BYTE_ARRAY()),
        (Any, Types.PICKLED_BYTE_ARRAY()),
        (dict, Types.PICKLED_BYTE_ARRAY()),
        (Bid, ObjectTypeInfo(Bid)),
        (Pair, ObjectTypeInfo(Pair)),
    ],
    ids=repr,
)
def test_a_python_type_stands_for_a_type_information(annotation: Any, info: TypeInformation) -> None:
    assert type_information_of(annotation, "f(x)") == info


def test_what_is_no_type_is_refused_with_the_call() -> None:
    with pytest.raises(JobBuildError, match=r"map\(func\), output_type: 5 is not a type; pass one of Types"):
        type_information_of(5, "map(func), output_type")
    with pytest.raises(JobBuildError, match=r"Types\.LIST\(element_type_info\): 'int'"):
        Types.LIST("int")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("info", "value"),
    [
        (Types.SQL_DATE(), dt.date(1969, 12, 31)),
        (Types.SQL_TIME(), dt.time(23, 59, 58, 123456)),
        (Types.SQL_TIMESTAMP(), dt.datetime(1960, 1, 2, 3, 4, 5, 6)),
        (Types.INSTANT(), Instant(-5, 1000)),
        (Types.TUPLE([Types.SQL_DATE(), Types.INT()]), (dt.date(2013, 1, 1), 5)),
        (Types.ROW_NAMED(["d"], [Types.SQL_DATE()]), Row(d=dt.date(2013, 1, 1))),
    ],
    ids=repr,
)
def test_internal_forms_lead_back(info: TypeInformation, value: Any) -> None:
    internal = info.to_internal_type(value)
    assert internal != value
    assert info.from_internal_type(internal) == value


def test_output_tags_are_their_ids() -> None:
    assert OutputTag("late", Types.INT()) == OutputTag("late")
    assert len({OutputTag("late"), OutputTag("late", int), OutputTag("other")}) == 2
    assert OutputTag("late", int).type_info == Types.LONG()
    for wrong in ("", None, 5):
        with pytest.raises(JobBuildError, match="non-empty string"):
            OutputTag(wrong)  # type: ignore[arg-type]
