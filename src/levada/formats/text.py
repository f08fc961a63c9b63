"""Lines of text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from levada.common.batch import Batch, ColumnBatch, RowBatch
from levada.common.errors import JobBuildError
from levada.formats.base import BlockDecoder, LineWriter, StreamFormat, line_spans

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class TextFormat(StreamFormat):
    """One record per line, as ``str`` without its line end; as columns: one string column ``line``.

    Parameters
    ----------
    charset_name : str, default "UTF-8"
        A charset in which a line end is the byte 10.
    """

    charset_name: str = "UTF-8"
    schema: pa.Schema | None = field(default=None, init=False)

    name = "text"

    def __post_init__(self) -> None:
        try:
            line_end = "\n".encode(self.charset_name)
        except LookupError:
            raise JobBuildError(
                f"text_line_format({self.charset_name!r}): there is no charset of this name; UTF-8, for example"
            ) from None
        if line_end != b"\n":
            raise JobBuildError(
                f"text_line_format({self.charset_name!r}): lines are cut at the byte 10, which is no line end in this "
                "charset; convert the files to UTF-8"
            )

    def with_schema(self, schema: pa.Schema) -> TextFormat:
        """Itself: text has no columns."""
        return self

    def decoder(self, columnar: bool, header: bytes | None = None) -> BlockDecoder[Any]:
        return _TextDecoder(self.charset_name, columnar)

    def infer(self, sample: bytes) -> pa.Schema | None:
        return None

    def create_writer(self, file: IO[bytes]) -> LineWriter:
        """Writes ``str(value)`` and a line end."""
        return LineWriter(file, self.encode)

    def encode(self, batch: Batch) -> bytes:
        """A line for each row; columns are separated by tabs."""
        if isinstance(batch, ColumnBatch):
            rows = zip(*(column.to_pylist() for column in batch.data.columns), strict=True)
            lines = ["\t".join("" if value is None else str(value) for value in row) for row in rows]
        else:
            lines = list(map(str, batch.values))
        return ("\n".join(lines) + "\n").encode(self.charset_name) if lines else b""


class _TextDecoder(BlockDecoder[list[str]]):
    def __init__(self, charset: str, columnar: bool) -> None:
        self._charset = charset
        self._columnar = columnar

    def spans(self, block: bytes) -> list[tuple[int, int]]:
        return line_spans(block, keep_blank=True)

    def fast(self, block: bytes) -> list[str]:
        text = block.decode(self._charset)
        if "\r\n" in text or text.endswith("\r"):
            text = text.replace("\r\n", "\n").removesuffix("\r")
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        return lines

    def one(self, record: bytes) -> str:
        return record.decode(self._charset)

    def gather(self, values: list[Any]) -> list[str]:
        return values

    def finish(self, parts: list[list[str]]) -> Batch:
        lines = parts[0] if len(parts) == 1 else [line for part in parts for line in part]
        if not self._columnar:
            return RowBatch(lines)
        import pyarrow as pa

        return ColumnBatch(pa.record_batch([pa.array(lines, pa.string())], ["line"]))
