"""Rows and row kinds, as programs written for PyFlink see them."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada.common.types import Row, RowKind

values = st.lists(st.one_of(st.integers(), st.text(), st.none(), st.tuples(st.integers(), st.text())), max_size=5)
names = st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True), unique=True, max_size=5)


def test_a_row_shows_its_values_or_its_named_values() -> None:
    assert str(Row(1, 2)) == "<Row(1, 2)>"
    assert repr(Row("a", None)) == "<Row('a', None)>"
    assert str(Row(a=1)) == "Row(a=1)"
    assert str(Row(name="Alice", age=11)) == "Row(name='Alice', age=11)"


def test_fields_are_reached_by_position_name_and_attribute() -> None:
    row = Row(name="Alice", age=11)
    assert (row[0], row["age"], row.name, row[0:2]) == ("Alice", 11, "Alice", ["Alice", 11])
    row["age"] = 12
    row[0] = "Bob"
    assert list(row) == ["Bob", 12]
    assert len(row) == 2


def test_a_row_of_names_makes_rows_with_these_names() -> None:
    person = Row("name", "age")
    assert person("Alice", 11) == Row(name="Alice", age=11)
    with pytest.raises(ValueError, match="2 fields from 3 values"):
        person("Alice", 11, "too much")


def test_values_and_named_values_do_not_mix() -> None:
    with pytest.raises(ValueError, match="not both"):
        Row(1, b=2)


def test_absent_fields_are_told_by_name() -> None:
    with pytest.raises(AttributeError, match="age"):
        _ = Row(name="Alice").age
    with pytest.raises(KeyError, match="no field names"):
        _ = Row(1)["age"]
    with pytest.raises(KeyError, match="none of the fields"):
        Row(name="Alice")["age"] = 3
    with pytest.raises(AttributeError):
        Row(name="Alice").other = 3  # type: ignore[attr-defined]


def test_as_dict_goes_inside_when_asked() -> None:
    row = Row(key=1, value=Row(name="a"), more=[Row(b=2)], by={"k": Row(c=3)})
    assert row.as_dict()["value"] == Row(name="a")
    assert row.as_dict(True) == {"key": 1, "value": {"name": "a"}, "more": [{"b": 2}], "by": {"k": {"c": 3}}}
    with pytest.raises(TypeError, match="set_field_names"):
        Row(1).as_dict()


def test_rows_differ_by_value_name_and_kind() -> None:
    assert Row(1, 2) == Row(1, 2)
    assert Row(1, 2) != Row(2, 1)
    assert Row(a=1) != Row(b=1)
    assert Row(a=1) != Row(1)
    assert Row(1) != Row.of_kind(RowKind.DELETE, 1)
    assert Row(1) != (1,)
    with pytest.raises(TypeError):
        _ = Row(1) < Row(2)  # type: ignore[operator]


def test_kinds_are_shown_as_in_changelogs() -> None:
    assert [str(kind) for kind in RowKind] == ["+I", "-U", "+U", "-D"]
    row = Row.of_kind(RowKind.UPDATE_AFTER, a=1)
    assert row.get_row_kind() is RowKind.UPDATE_AFTER
    row.set_row_kind(RowKind.DELETE)
    assert row.get_row_kind() is RowKind.DELETE


def test_field_names_can_be_set_and_asked_for() -> None:
    row = Row(1, 2)
    row.set_field_names(["a", "b"])
    assert row.b == 2
    assert row.get_fields_by_names(["b", "a"]) == [2, 1]
    assert Row(5, 6).get_fields_by_names(["b", "a"]) == [5, 6]
    with pytest.raises(KeyError, match="c"):
        row.get_fields_by_names(["a", "c"])


def test_membership_is_of_values() -> None:
    assert 1 in Row(a=1)
    assert "a" not in Row(a=1)


@given(values, names, st.sampled_from(RowKind))
def test_rows_survive_pickling_and_copying(given_values: list[object], given_names: list[str], kind: RowKind) -> None:
    row = Row.of_kind(kind, *given_values)
    if len(given_names) == len(given_values):
        row.set_field_names(given_names)
    for other in (pickle.loads(pickle.dumps(row)), copy.copy(row), copy.deepcopy(row)):
        assert other == row
        assert other is not row


@given(values, values)
def test_equal_rows_hash_alike(left: list[object], right: list[object]) -> None:
    if Row(*left) == Row(*right):
        assert hash(Row(*left)) == hash(Row(*right))
    assert hash(Row(*left)) == hash(Row(*list(left)))


def test_rows_with_unhashable_values_are_unhashable() -> None:
    with pytest.raises(TypeError):
        hash(Row([1]))


def test_a_copy_does_not_share_values() -> None:
    row = Row(a=1)
    other = copy.copy(row)
    other["a"] = 2
    assert row.a == 1
