"""Types: their text, their Arrow form, and back."""

from __future__ import annotations

import pyarrow as pa
import pytest

from levada.common.errors import SqlError
from levada.sql.parser import parse_type
from levada.sql.types import DataType, VarCharType, type_name
from levada.sql.types.arrow import from_arrow, to_arrow


@pytest.mark.parametrize(
    ("text", "name", "arrow"),
    [
        ("CHAR(4)", "CHAR(4)", pa.string()),
        ("varchar(20)", "VARCHAR(20)", pa.string()),
        ("STRING NOT NULL", "STRING NOT NULL", pa.string()),
        ("BOOLEAN", "BOOLEAN", pa.bool_()),
        ("BINARY(8)", "BINARY(8)", pa.binary()),
        ("BYTES", "BYTES", pa.binary()),
        ("DECIMAL(20, 4)", "DECIMAL(20, 4)", pa.decimal128(20, 4)),
        ("NUMERIC(5)", "DECIMAL(5, 0)", pa.decimal128(5, 0)),
        ("DEC", "DECIMAL(10, 0)", pa.decimal128(10, 0)),
        ("TINYINT", "TINYINT", pa.int8()),
        ("SMALLINT", "SMALLINT", pa.int16()),
        ("INTEGER", "INT", pa.int32()),
        ("BIGINT", "BIGINT", pa.int64()),
        ("FLOAT", "FLOAT", pa.float32()),
        ("DOUBLE PRECISION", "DOUBLE", pa.float64()),
        ("DATE", "DATE", pa.date32()),
        ("TIME", "TIME(0)", pa.time32("s")),
        ("TIME(3)", "TIME(3)", pa.time32("ms")),
        ("TIMESTAMP", "TIMESTAMP(6)", pa.timestamp("us")),
        ("TIMESTAMP(9) WITHOUT TIME ZONE", "TIMESTAMP(9)", pa.timestamp("ns")),
        ("TIMESTAMP(3) WITH LOCAL TIME ZONE", "TIMESTAMP_LTZ(3)", pa.timestamp("ms", "UTC")),
        ("TIMESTAMP_LTZ(6)", "TIMESTAMP_LTZ(6)", pa.timestamp("us", "UTC")),
        ("INTERVAL DAY TO SECOND", "INTERVAL DAY TO SECOND", pa.duration("ms")),
        ("INT ARRAY", "ARRAY<INT>", pa.list_(pa.int32())),
        ("MAP<STRING NOT NULL, ARRAY<BIGINT>>", "MAP<STRING NOT NULL, ARRAY<BIGINT>>", None),
        ("MULTISET<STRING>", "MULTISET<STRING>", pa.map_(pa.string(), pa.int32())),
        ("ROW(x INT, y DOUBLE NOT NULL)", "ROW<`x` INT, `y` DOUBLE NOT NULL>", None),
        ("ROW<a INT 'said', b ROW<c DATE>>", "ROW<`a` INT, `b` ROW<`c` DATE>>", None),
        ("RAW('cls', 'ser')", "RAW", pa.binary()),
        ("VARIANT", "VARIANT", pa.string()),
    ],
)
def test_every_type_has_a_name_and_an_arrow_form(text: str, name: str, arrow: pa.DataType | None) -> None:
    kind = parse_type(text)
    assert type_name(kind) == name
    if arrow is not None:
        assert to_arrow(kind) == arrow
    else:
        assert isinstance(to_arrow(kind), pa.DataType)


@pytest.mark.parametrize(
    "text",
    ["TINYINT", "BIGINT NOT NULL", "DOUBLE", "DECIMAL(9, 3)", "STRING", "DATE", "TIMESTAMP(3)", "TIMESTAMP_LTZ(6)",
     "ARRAY<INT>", "ROW<`a` INT NOT NULL, `b` ARRAY<STRING>>", "MAP<STRING NOT NULL, INT>"],
)  # fmt: skip
def test_arrow_and_back(text: str) -> None:
    kind = parse_type(text)
    assert from_arrow(to_arrow(kind), kind.is_nullable) == kind


@pytest.mark.parametrize(
    ("arrow", "name"),
    [
        (pa.uint8(), "SMALLINT"),
        (pa.uint64(), "DECIMAL(20, 0)"),
        (pa.large_string(), "STRING"),
        (pa.dictionary(pa.int32(), pa.string()), "STRING"),
        (pa.binary(4), "BINARY(4)"),
        (pa.date64(), "DATE"),
    ],
)
def test_foreign_arrow_types_find_a_home(arrow: pa.DataType, name: str) -> None:
    assert type_name(from_arrow(arrow)) == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("DECIMAL(39, 1)", "DECIMAL(39, 1): precision must be 1 to 38"),
        ("TIMESTAMP(10)", "TIMESTAMP(10): the precision must be 0 to 9"),
        ("ARRAY<INT", "the statement ends where `>` should follow"),
    ],
)
def test_bad_types_are_refused(text: str, message: str) -> None:
    with pytest.raises(SqlError) as error:
        parse_type(text)
    assert message in str(error.value)


def test_types_are_values() -> None:
    string: DataType = VarCharType(5)
    assert string.not_null() != string
    assert string.not_null().nullable() == string
    assert len({VarCharType(5), VarCharType(5), VarCharType(6)}) == 2
    assert str(parse_type("STRING")) == "VARCHAR"
