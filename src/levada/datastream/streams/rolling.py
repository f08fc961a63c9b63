"""Rolling aggregates of one field: the reduce functions behind ``sum``, ``min``, ``max``, ``min_by`` and ``max_by``."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable
from typing import Any

from levada.common.errors import JobBuildError, UserError
from levada.common.types import Row

Field = int | str
"""A field by position or by name. Position 0 of a record without fields is the record itself."""


class FieldFolding:
    """Folds one field; the other fields stay those of the first record.

    Parameters
    ----------
    field : int or str
    fold : callable
        From the field's value so far and the next one to the new one.
    call : str
        The user's call, for errors.
    """

    def __init__(self, field: Field, fold: Callable[[Any, Any], Any], call: str) -> None:
        self.field = checked_field(field, call)
        self.fold = fold
        self.call = call

    def __call__(self, value1: Any, value2: Any) -> Any:
        folded = self.fold(get_field(value1, self.field, self.call), get_field(value2, self.field, self.call))
        return with_field(value1, self.field, folded)


class FieldChoice:
    """Keeps the record whose field wins; the earlier one on ties."""

    def __init__(self, field: Field, wins: Callable[[Any, Any], bool], call: str) -> None:
        self.field = checked_field(field, call)
        self.wins = wins
        self.call = call

    def __call__(self, value1: Any, value2: Any) -> Any:
        challenger = get_field(value2, self.field, self.call)
        return value2 if self.wins(challenger, get_field(value1, self.field, self.call)) else value1


def summing(field: Field) -> FieldFolding:
    """``sum(field)``."""
    return FieldFolding(field, operator.add, f"sum({field!r})")


def minimum(field: Field) -> FieldFolding:
    """``min(field)``."""
    return FieldFolding(field, min, f"min({field!r})")


def maximum(field: Field) -> FieldFolding:
    """``max(field)``."""
    return FieldFolding(field, max, f"max({field!r})")


def minimum_by(field: Field) -> FieldChoice:
    """``min_by(field)``."""
    return FieldChoice(field, operator.lt, f"min_by({field!r})")


def maximum_by(field: Field) -> FieldChoice:
    """``max_by(field)``."""
    return FieldChoice(field, operator.gt, f"max_by({field!r})")


def checked_field(field: Field, call: str) -> Field:
    """Refuse what cannot name a field."""
    if isinstance(field, bool) or not isinstance(field, (int, str)) or (isinstance(field, int) and field < 0):
        raise JobBuildError(f"{call}: a field is given by its position, counted from 0, or by its name")
    return field


def get_field(record: Any, field: Field, call: str) -> Any:
    """The field's value."""
    try:
        if isinstance(record, (tuple, list)):
            return record[field] if isinstance(field, int) else getattr(record, field)
        if isinstance(record, (Row, dict)):
            return record[field]
        if isinstance(field, str):
            return getattr(record, field)
        if dataclasses.is_dataclass(record):
            return getattr(record, dataclasses.fields(record)[field].name)
    except (LookupError, AttributeError):
        raise UserError(f"{call}: the record {record!r:.200} has no field {field!r}") from None
    if field == 0:
        return record
    raise UserError(f"{call}: the record {record!r:.200} ({type(record).__name__}) has no fields; use position 0")


def with_field(record: Any, field: Field, value: Any) -> Any:
    """A copy of the record with another value in one field."""
    if isinstance(record, Row):
        copied = Row(*record)
        copied._fields = record._fields
        copied.set_row_kind(record.get_row_kind())
        copied[field] = value
        return copied
    if isinstance(record, tuple):
        if hasattr(record, "_replace"):
            return record._replace(**{field if isinstance(field, str) else record._fields[field]: value})  # type: ignore[attr-defined]
        assert isinstance(field, int)
        return (*record[:field], value, *record[field + 1 :])
    if isinstance(record, (list, dict)):
        changed = record.copy()
        changed[field] = value  # type: ignore[index]
        return changed
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        name = field if isinstance(field, str) else dataclasses.fields(record)[field].name
        return dataclasses.replace(record, **{name: value})
    return value
