"""What formats have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from levada.common.batch import Batch

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")

_SMALL = 32
"""Records that are looked at one by one when Arrow refuses them together."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record that cannot be decoded: where in its block it begins, its text, and what is wrong with it."""

    offset: int
    text: str
    error: str


@dataclass(slots=True)
class Decoded:
    """What a block held."""

    batch: Batch
    malformed: list[Malformed] = field(default_factory=list)


class BlockDecoder(ABC, Generic[T]):
    """Decodes blocks of whole records. ``T`` is what a run of records becomes before it is a batch."""

    def cut(self, data: bytes) -> int:
        """Where the last whole record of ``data`` ends; 0 if there is none. ``data`` begins with a record."""
        return data.rfind(b"\n") + 1

    def spans(self, block: bytes) -> list[tuple[int, int]]:
        """Begin and end of each record of a block that Arrow refused."""
        return line_spans(block)

    @abstractmethod
    def fast(self, block: bytes) -> T:
        """Decode all at once, or raise ``ValueError``."""

    @abstractmethod
    def one(self, record: bytes) -> Any:
        """Decode a single record with care, or raise ``ValueError`` saying what is wrong."""

    @abstractmethod
    def gather(self, values: list[Any]) -> T:
        """Put what ``one`` gave together."""

    @abstractmethod
    def finish(self, parts: list[T]) -> Batch:
        """A batch of all parts, in order; there may be none."""

    def decode(self, block: bytes) -> Decoded:
        """All records of a block that begins and ends with whole records."""
        try:
            return Decoded(self.finish([self.fast(block)]))
        except ValueError:
            pass
        parts: list[T] = []
        malformed: list[Malformed] = []
        spans = self.spans(block)
        runs = [(0, len(spans))] if len(spans) <= _SMALL else [(len(spans) // 2, len(spans)), (0, len(spans) // 2)]
        while runs:
            begin, end = runs.pop()
            if end - begin <= _SMALL:
                self._one_by_one(block, spans[begin:end], parts, malformed)
                continue
            try:
                parts.append(self.fast(block[spans[begin][0] : spans[end - 1][1]]))
            except ValueError:
                middle = (begin + end) // 2
                runs += [(middle, end), (begin, middle)]
        return Decoded(self.finish(parts), malformed)

    def _one_by_one(
        self, block: bytes, spans: list[tuple[int, int]], parts: list[T], malformed: list[Malformed]
    ) -> None:
        values = []
        for begin, end in spans:
            record = block[begin:end].removesuffix(b"\n").removesuffix(b"\r")
            try:
                values.append(self.one(record))
            except ValueError as error:
                malformed.append(Malformed(begin, record.decode("utf-8", "replace"), str(error)))
        if values:
            parts.append(self.gather(values))


def line_spans(block: bytes, keep_blank: bool = False) -> list[tuple[int, int]]:
    """Begin and end of each line."""
    spans = []
    begin = 0
    while begin < len(block):
        end = block.find(b"\n", begin) + 1 or len(block)
        if keep_blank or block[begin:end].strip():
            spans.append((begin, end))
        begin = end
    return spans


class BatchWriter(Protocol):
    """Writes batches into one open file."""

    def write(self, batch: Batch) -> None:
        """Append a batch."""
        ...

    def finish(self) -> None:
        """Write what a file of this format ends with. The file is closed by its owner."""
        ...


class LineWriter:
    """Writes batches that are encoded one by one; ``header`` makes the file's first bytes from its first batch."""

    def __init__(
        self, file: IO[bytes], encode: Callable[[Batch], bytes], header: Callable[[Batch], bytes] | None = None
    ) -> None:
        self._file = file
        self._encode = encode
        self._header = header

    def write(self, batch: Batch) -> None:
        if self._header is not None:
            self._file.write(self._header(batch))
            self._header = None
        self._file.write(self._encode(batch))

    def finish(self) -> None:
        pass


class Format(ABC):
    """Base of all formats, which are plain picklable data."""

    name: str
    schema: pa.Schema | None

    @abstractmethod
    def with_schema(self, schema: pa.Schema) -> Format:
        """The same format with this schema."""

    def create_writer(self, file: IO[bytes]) -> BatchWriter:
        """Something that writes batches into a file that was just created."""
        raise NotImplementedError(f"{self.name} cannot be written")


class StreamFormat(Format):
    """A format whose files are read from the front, block by block (CSV, JSON lines, text)."""

    has_header = False
    """Whether a file's first record names the columns."""

    @staticmethod
    def text_line_format(charset_name: str = "UTF-8") -> StreamFormat:
        """Lines of text, as ``str``."""
        from levada.formats.text import TextFormat

        return TextFormat(charset_name)

    @abstractmethod
    def decoder(self, columnar: bool, header: bytes | None = None) -> BlockDecoder[Any]:
        """A decoder for one file; ``header`` is the file's first record where the format has one."""

    def needs_schema(self, columnar: bool) -> bool:
        """Whether nothing can be decoded without a schema."""
        return False

    @abstractmethod
    def infer(self, sample: bytes) -> pa.Schema | None:
        """The schema that the first records of a file suggest; None where the format needs none."""

    def may_split(self, chunks: Iterable[bytes]) -> bool:
        """Whether a file with this content can be read from any line's beginning."""
        return True


class BulkFormat(Format):
    """A format whose files describe themselves and are read in batches of columns (Parquet)."""
