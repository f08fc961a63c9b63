"""Results as Flink prints them: a frame of dashes, the change in front of each streaming row."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from levada.common.types import Row
from levada.operators.columnar.casts import java_double, java_float
from levada.sql.types import (
    ArrayType,
    BigIntType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    FloatType,
    IntType,
    LocalZonedTimestampType,
    MapType,
    RowType,
    SmallIntType,
    TimestampType,
    TimeType,
    TinyIntType,
    VarBinaryType,
)

MAX_WIDTH = 30
_FIXED: dict[type[DataType], int] = {
    TinyIntType: 4,
    SmallIntType: 6,
    IntType: 11,
    BigIntType: 20,
    BooleanType: 5,
    DateType: 10,
}


def streaming_lines(row_type: RowType, rows: Iterable[Row]) -> Iterator[str]:
    """A line as soon as its row is there; widths follow from the types, because later rows are not known."""
    names = ["op", *row_type.field_names()]
    widths = [2, *(max(_width(f.data_type), _display_width(f.name)) for f in row_type.fields)]
    frame = _frame(widths)
    yield frame
    yield _line(names, widths)
    yield frame
    count = 0
    for row in rows:
        yield _line([str(row.get_row_kind()), *_texts(row_type, row)], widths)
        count += 1
    if count:
        yield frame
    yield _footer(count)


def bounded_lines(row_type: RowType, rows: Iterable[Row], max_width: int = MAX_WIDTH) -> Iterator[str]:
    """All rows at once, as wide as what they hold."""
    table = [[_cut(text, max_width) for text in _texts(row_type, row)] for row in rows]
    if not table:
        yield _footer(0)
        return
    names = row_type.field_names()
    widths = [max(_display_width(text) for text in column) for column in zip(names, *table, strict=True)]
    frame = _frame(widths)
    yield frame
    yield _line(names, widths)
    yield frame
    for texts in table:
        yield _line(texts, widths)
    yield frame
    yield _footer(len(table))


def statement_lines(row_type: RowType, rows: Iterable[Row]) -> Iterator[str]:
    """What a statement answered, nothing cut off; a text of several lines stands alone."""
    table = list(rows)
    if len(table) == 1 and len(table[0]) == 1 and "\n" in str(table[0][0]):
        yield table[0][0]
    else:
        yield from bounded_lines(row_type, table, max_width=2**31)


def _footer(count: int) -> str:
    return "Empty set" if count == 0 else f"{count} row{'' if count == 1 else 's'} in set"


def _frame(widths: list[int]) -> str:
    return "".join(f"+{'-' * (width + 2)}" for width in widths) + "+"


def _line(texts: list[str], widths: list[int]) -> str:
    cells = []
    for text, width in zip(texts, widths, strict=True):
        cut = _cut(text, width)
        cells.append(f"| {' ' * (width - _display_width(cut))}{cut} ")
    return "".join(cells) + "|"


def _cut(text: str, width: int) -> str:
    if _display_width(text) <= width:
        return text
    kept = ""
    for char in text:
        if _display_width(kept + char) > width - 3:
            break
        kept += char
    return f"{kept}..."


def _display_width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _width(kind: DataType) -> int:
    match kind:
        case DecimalType():
            return kind.precision + 2
        case TimeType():
            return 8 if kind.precision == 0 else kind.precision + 9
        case TimestampType() | LocalZonedTimestampType():
            return 19 if kind.precision == 0 else kind.precision + 20
        case _:
            return _FIXED.get(type(kind), MAX_WIDTH)


def _texts(row_type: RowType, row: Row) -> list[str]:
    return [
        "<NULL>" if value is None else text(value, kind)
        for value, kind in zip(row, row_type.field_types(), strict=True)
    ]


def text(value: Any, kind: DataType) -> str:
    """A value as CAST to STRING writes it."""
    if value is None:
        return "NULL"
    match kind:
        case BooleanType():
            return "TRUE" if value else "FALSE"
        case ArrayType():
            return f"[{', '.join(text(item, kind.element_type) for item in value)}]"
        case MapType():
            entries = (f"{text(k, kind.key_type)}={text(v, kind.value_type)}" for k, v in value.items())
            return f"{{{', '.join(entries)}}}"
        case RowType():
            return f"({', '.join(text(item, inner) for item, inner in zip(value, kind.field_types(), strict=True))})"
        case TimestampType() | LocalZonedTimestampType():
            return _timestamp(value, kind.precision)
        case BinaryType() | VarBinaryType():
            return f"x'{value.hex()}'"
        case FloatType():
            return java_float(value)
        case _:
            return java_double(value) if isinstance(value, float) else str(value)


def _timestamp(value: dt.datetime, precision: int) -> str:
    shown = value.strftime("%Y-%m-%d %H:%M:%S")
    return shown if precision == 0 else f"{shown}.{f'{value.microsecond:06d}'.ljust(9, '0')[:precision]}"
