"""JSON under PyFlink's names: messages that are one object."""

from __future__ import annotations

import json
from typing import Any

from levada.common.batch import RowBatch
from levada.common.errors import JobBuildError, MalformedRecordError
from levada.common.serialization import DeserializationSchema, SerializationSchema
from levada.common.typeinfo import TypeInformation, Types
from levada.common.types import Row
from levada.datastream.formats.row_types import schema_of
from levada.formats.json import JsonFormat

__all__ = ["JsonRowDeserializationSchema", "JsonRowSerializationSchema"]


class JsonRowDeserializationSchema(DeserializationSchema):
    """A named ``Row`` from a message that is one JSON object."""

    def __init__(self, form: JsonFormat, ignore_parse_errors: bool = False, needs_all: bool = False) -> None:
        self.format = form
        self.ignore_parse_errors = ignore_parse_errors
        self.needs_all = needs_all

    @staticmethod
    def builder() -> JsonRowDeserializationSchema.Builder:
        """Options to be set."""
        return JsonRowDeserializationSchema.Builder()

    def deserialize(self, message: bytes) -> Row | None:
        """The row; None for what is no such object, where parse errors are ignored."""
        assert self.format.schema is not None
        line = message.replace(b"\n", b" ")  # a message may be written over several lines
        decoded = self.format.decoder(columnar=False).decode(line)
        problem = decoded.malformed[0].error if decoded.malformed else None
        assert isinstance(decoded.batch, RowBatch)
        if problem is None and not decoded.batch.values:
            problem = "it is empty"
        if problem is None and self.needs_all:
            missing = sorted(set(self.format.schema.names) - set(json.loads(message)))
            problem = f"it lacks the field {missing[0]!r}" if missing else None
        if problem is None:
            return Row(**decoded.batch.values[0])
        if self.ignore_parse_errors:
            return None
        raise MalformedRecordError(f"{message!r:.200} is no such JSON object: {problem}")

    class Builder:
        """Options of a ``JsonRowDeserializationSchema``."""

        def __init__(self) -> None:
            self._type: Any = None
            self._ignore = False
            self._needs_all = False

        def type_info(self, type_info: TypeInformation) -> JsonRowDeserializationSchema.Builder:
            """The rows' type: ``Types.ROW_NAMED(...)``."""
            self._type = type_info
            return self

        def json_schema(self, json_schema: str) -> JsonRowDeserializationSchema.Builder:
            """The rows' type as a JSON schema of an object."""
            call = "json_schema(json_schema)"
            try:
                self._type = _type_of(json.loads(json_schema), call)
            except json.JSONDecodeError as error:
                raise JobBuildError(f"{call}: this is no JSON: {error}") from None
            return self

        def fail_on_missing_field(self) -> JsonRowDeserializationSchema.Builder:
            """Fail where an object lacks a field; without this it is None."""
            self._needs_all = True
            return self

        def ignore_parse_errors(self) -> JsonRowDeserializationSchema.Builder:
            """Give None for what cannot be read, in place of an error."""
            self._ignore = True
            return self

        def build(self) -> JsonRowDeserializationSchema:
            """The schema."""
            if self._type is None:
                raise JobBuildError(
                    "JsonRowDeserializationSchema.builder().build(): give the rows' type by type_info(...)"
                )
            schema = schema_of(self._type, "JsonRowDeserializationSchema.builder().type_info(type_info)")
            return JsonRowDeserializationSchema(JsonFormat(schema), self._ignore, self._needs_all)


class JsonRowSerializationSchema(SerializationSchema):
    """A row as a message that is one JSON object."""

    def __init__(self, form: JsonFormat) -> None:
        self.format = form

    @staticmethod
    def builder() -> JsonRowSerializationSchema.Builder:
        """Options to be set."""
        return JsonRowSerializationSchema.Builder()

    def serialize(self, value: Row) -> bytes:
        """The object of ``value``."""
        return self.format.encode(RowBatch([value])).removesuffix(b"\n")

    class Builder:
        """Options of a ``JsonRowSerializationSchema``."""

        def __init__(self) -> None:
            self._type: Any = None

        def with_type_info(self, type_info: TypeInformation) -> JsonRowSerializationSchema.Builder:
            """The rows' type: ``Types.ROW_NAMED(...)``."""
            self._type = type_info
            return self

        def build(self) -> JsonRowSerializationSchema:
            """The schema."""
            if self._type is None:
                raise JobBuildError(
                    "JsonRowSerializationSchema.builder().build(): give the rows' type by with_type_info(...)"
                )
            return JsonRowSerializationSchema(
                JsonFormat(schema_of(self._type, "JsonRowSerializationSchema.builder().with_type_info(type_info)"))
            )


def _type_of(schema: dict[str, Any], call: str) -> TypeInformation:
    kind = schema.get("type")
    if isinstance(kind, list):
        # Any field may be null.
        kind = next((each for each in kind if each != "null"), None)
    if kind == "object":
        fields = {name: _type_of(each, call) for name, each in schema.get("properties", {}).items()}
        return Types.ROW_NAMED(list(fields), list(fields.values()))
    if kind == "array":
        return Types.LIST(_type_of(schema.get("items", {}), call))
    simple = {"string": Types.STRING, "boolean": Types.BOOLEAN, "integer": Types.BIG_INT, "number": Types.BIG_DEC}
    if kind not in simple:
        raise JobBuildError(f"{call}: the type {kind!r} is not one of object, array, {', '.join(simple)}")
    return simple[kind]()
