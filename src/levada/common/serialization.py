"""From values to bytes and back: for formats that write one value at a time, and for keys and values of messages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from levada.common.errors import JobBuildError
from levada.common.types import Row

__all__ = [
    "ByteArraySchema",
    "DeserializationSchema",
    "Encoder",
    "RowFieldExtractorSchema",
    "SerializationSchema",
    "SimpleStringSchema",
]


class SerializationSchema(ABC):
    """Makes bytes of a value."""

    @abstractmethod
    def serialize(self, value: Any) -> bytes:
        """The bytes of ``value``."""


class DeserializationSchema(ABC):
    """Makes a value of bytes."""

    @abstractmethod
    def deserialize(self, message: bytes) -> Any:
        """The value of ``message``."""


class SimpleStringSchema(SerializationSchema, DeserializationSchema):
    """Text in a charset."""

    def __init__(self, charset: str = "UTF-8") -> None:
        self.charset = _known(charset, f"SimpleStringSchema({charset!r})")

    def serialize(self, value: Any) -> bytes:
        return str(value).encode(self.charset)

    def deserialize(self, message: bytes) -> str:
        return bytes(message).decode(self.charset)


class ByteArraySchema(SerializationSchema, DeserializationSchema):
    """Bytes as they are."""

    def serialize(self, value: Any) -> bytes:
        return bytes(value)

    def deserialize(self, message: bytes) -> bytes:
        return bytes(message)


class RowFieldExtractorSchema(SerializationSchema):
    """One field of a row, which holds bytes; None gives no bytes."""

    def __init__(self, field_index: int) -> None:
        if field_index < 0:
            raise JobBuildError(f"RowFieldExtractorSchema({field_index}): the index of a field is not negative")
        self.field_index = field_index

    def serialize(self, value: Row) -> bytes:
        field = value[self.field_index]
        return b"" if field is None else bytes(field)


class Encoder:
    """Writes values one after the other into a file.

    Parameters
    ----------
    encode : callable
        From a value to its bytes, line end included.

    Examples
    --------
    >>> Encoder.simple_string_encoder().encode(42)
    b'42\\n'
    """

    def __init__(self, encode: Callable[[Any], bytes]) -> None:
        if not callable(encode):
            raise JobBuildError(f"Encoder({encode!r}): pass a callable from a value to bytes")
        self.encode = encode

    @staticmethod
    def simple_string_encoder(charset_name: str = "UTF-8") -> Encoder:
        """``str(value)`` and a line end."""
        return Encoder(_Lines(_known(charset_name, f"Encoder.simple_string_encoder({charset_name!r})")))


class _Lines:
    def __init__(self, charset: str) -> None:
        self.charset = charset

    def __call__(self, value: Any) -> bytes:
        return f"{value}\n".encode(self.charset)


def _known(charset: str, call: str) -> str:
    try:
        "".encode(charset)
    except LookupError:
        raise JobBuildError(f"{call}: there is no charset of this name; UTF-8, for example") from None
    return charset
