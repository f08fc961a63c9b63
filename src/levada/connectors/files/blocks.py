"""The bytes of a file in blocks of whole records, each at a known offset."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from levada.common.errors import MalformedRecordError, StorageError

_BOM = b"\xef\xbb\xbf"
_BROKEN = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)


def open_file(path: str) -> IO[bytes]:
    """Open for reading; compressed files give what they hold."""
    suffix = Path(path).suffix
    if suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if suffix == ".bz2":
        return cast("IO[bytes]", bz2.open(path, "rb"))
    if suffix == ".xz":
        return cast("IO[bytes]", lzma.open(path, "rb"))
    return Path(path).open("rb")


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Turn failures to read into errors that name the file."""
    try:
        yield
    except _BROKEN as error:
        raise MalformedRecordError(f"{path}: the compressed file is damaged or cut off: {error}") from error
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror or error}") from error


class BlockReader:
    """Reads the records that begin in bytes ``begin`` to ``end`` of a file.

    Parameters
    ----------
    path : str
    begin, end : int
        Offsets in the (decompressed) file. Where ``begin`` is not at a record's start, the record that reaches into the
        range belongs to the range before.
    with_header : bool
        Whether the file's first line is not a record; it is in ``header`` then (None in an empty file).
    offset : int, optional
        A record's start to go on at, from an earlier reader's ``offset``.
    block_bytes : int
        How much to read at a time.
    """

    def __init__(
        self, path: str, begin: int, end: int, with_header: bool, offset: int | None, block_bytes: int
    ) -> None:
        self._path = path
        self._end = end
        self._block_bytes = block_bytes
        self._rest = b""
        self._at_end = False
        self.header: bytes | None = None
        with reading(path):
            self._file = open_file(path)
            first = len(_BOM) if self._file.read(len(_BOM)) == _BOM else 0
            if with_header:
                self._file.seek(first)
                line = self._file.readline()
                self.header = line.rstrip(b"\r\n") if line else None
                first += len(line)
            if offset is None:
                offset = max(first, self._record_start(begin))
            self._file.seek(offset)
        self.offset = offset
        """Where the next block begins."""

    def _record_start(self, begin: int) -> int:
        if begin == 0:
            return 0
        self._file.seek(begin - 1)
        return begin - 1 + len(self._file.readline())

    def next(self, cut: Callable[[bytes], int]) -> bytes | None:
        """The next whole records, at least one; None at the end. ``cut`` says where the last whole record ends."""
        with reading(self._path):
            data = self._rest
            want = self._block_bytes
            while not self._at_end:
                here = self.offset + len(data)
                chunk = self._file.read(min(want, self._end - here)) if here < self._end else b""
                if chunk:
                    data += chunk
                    end = cut(data)
                    if end:
                        return self._give(data, end)
                    # A record longer than all that was read: take bigger steps, so that time stays linear.
                    want = len(data)
                    continue
                self._at_end = True
                if data and not data.endswith(b"\n"):
                    data += self._file.readline()
        return self._give(data, len(data)) if data else None

    def _give(self, data: bytes, end: int) -> bytes:
        self._rest = data[end:]
        self.offset += end
        return data[:end] if end < len(data) else data

    def close(self) -> None:
        """Close the file."""
        self._file.close()
