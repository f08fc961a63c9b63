"""Schemas and encoders."""

import pickle

import pytest

from levada.common.errors import JobBuildError
from levada.common.serialization import ByteArraySchema, Encoder, RowFieldExtractorSchema, SimpleStringSchema
from levada.common.types import Row


def test_strings_go_to_bytes_and_back() -> None:
    assert SimpleStringSchema().deserialize(SimpleStringSchema().serialize("Größe")) == "Größe"
    assert SimpleStringSchema("latin-1").serialize("ö") == b"\xf6"
    with pytest.raises(JobBuildError, match=r"SimpleStringSchema\('nope'\): there is no charset"):
        SimpleStringSchema("nope")


def test_bytes_stay() -> None:
    assert ByteArraySchema().serialize(bytearray(b"x")) == b"x"
    assert ByteArraySchema().deserialize(b"x") == b"x"


def test_a_field_of_a_row() -> None:
    assert RowFieldExtractorSchema(1).serialize(Row(1, b"key")) == b"key"
    assert RowFieldExtractorSchema(0).serialize(Row(None)) == b""
    with pytest.raises(JobBuildError, match="not negative"):
        RowFieldExtractorSchema(-1)


def test_encoders_write_lines_and_can_be_pickled() -> None:
    encoder = pickle.loads(pickle.dumps(Encoder.simple_string_encoder()))
    assert encoder.encode(42) == b"42\n"
    assert Encoder(lambda value: b"<" + value + b">").encode(b"x") == b"<x>"
    with pytest.raises(JobBuildError, match=r"Encoder\(5\)"):
        Encoder(5)  # type: ignore[arg-type]
    with pytest.raises(JobBuildError, match="charset"):
        Encoder.simple_string_encoder("nope")
