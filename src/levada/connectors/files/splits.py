"""Parts of files, and how files are cut into them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from levada.common.errors import StorageError
from levada.connectors.files.blocks import open_file, reading
from levada.connectors.files.paths import COMPRESSED
from levada.formats.base import Format, StreamFormat

TO_THE_END = 2**62


@dataclass(frozen=True, slots=True)
class FileSplit:
    """A part of a file with the position up to which it has been read.

    Attributes
    ----------
    split_id, path : str
    begin, end : int
        Bytes of a stream format, row groups of Parquet.
    offset : int or None
        Where the block begins that is being read; None before the first.
    rows : int
        Rows read behind ``offset``.
    reported : int
        Malformed records before this offset have been dealt with.
    """

    split_id: str
    path: str
    begin: int
    end: int
    offset: int | None = None
    rows: int = 0
    reported: int = 0


def splits_of(path: str, form: Format, parallelism: int, split_bytes: int) -> list[FileSplit]:
    """The splits of one file: one where a single reader would read them all, or where it cannot be cut."""
    if not isinstance(form, StreamFormat):
        return _row_groups(path, parallelism, split_bytes)
    if path.endswith(COMPRESSED):
        return [FileSplit(path, path, 0, TO_THE_END)]
    with reading(path):
        size = Path(path).stat().st_size
        parts = -(-size // split_bytes)
        if parallelism == 1 or parts <= 1 or not form.may_split(_chunks(path)):
            return [FileSplit(path, path, 0, size)]
    return _cut(path, size, parts)


def _row_groups(path: str, parallelism: int, split_bytes: int) -> list[FileSplit]:
    from pyarrow import ArrowException, parquet

    try:
        groups = parquet.read_metadata(path).num_row_groups
        size = Path(path).stat().st_size
    except (ArrowException, OSError) as error:
        raise StorageError(f"{path} cannot be read as Parquet: {error}") from error
    parts = min(groups, -(-size // split_bytes))
    if parallelism == 1 or parts <= 1:
        return [FileSplit(path, path, 0, groups)]
    return _cut(path, groups, parts)


def _cut(path: str, total: int, parts: int) -> list[FileSplit]:
    bounds = [total * part // parts for part in range(parts + 1)]
    return [FileSplit(f"{path}#{begin}", path, begin, end) for begin, end in pairwise(bounds)]


def _chunks(path: str) -> Iterator[bytes]:
    with open_file(path) as file:
        while chunk := file.read(8 << 20):
            yield chunk
