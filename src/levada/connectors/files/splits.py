"""Parts of files, and how files are cut into them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from levada.common.errors import StorageError, UserError
from levada.common.logs import get_logger
from levada.connectors.files.blocks import open_file, reading
from levada.connectors.files.paths import COMPRESSED
from levada.formats.base import Format, StreamFormat

log = get_logger(__name__)

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
    size, modified_ns : int or None
        Of the whole file when it was found.
    """

    split_id: str
    path: str
    begin: int
    end: int
    offset: int | None = None
    rows: int = 0
    reported: int = 0
    size: int | None = None
    modified_ns: int | None = None


def splits_of(path: str, form: Format, parallelism: int, split_bytes: int) -> list[FileSplit]:
    """The splits of one file: one where a single reader would read them all, or where it cannot be cut."""
    try:
        found = Path(path).stat()
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror or error}") from error
    splits = _positions(path, form, parallelism, split_bytes)
    return [replace(split, size=found.st_size, modified_ns=found.st_mtime_ns) for split in splits]


def check_unchanged(split: FileSplit) -> None:
    """Refuse a file that has lost bytes since it was found, and say so where it has otherwise been changed.

    Raises
    ------
    UserError
    """
    try:
        found = Path(split.path).stat()
    except OSError:
        return  # opening it tells
    if split.size is None or (found.st_size, found.st_mtime_ns) == (split.size, split.modified_ns):
        return
    if found.st_size < split.size:
        raise UserError(
            f"{split.path} has shrunk from {split.size} to {found.st_size} bytes since it was found, so what was not "
            "yet read cannot be found in it. Files must stay as they are while a job, or a checkpoint to continue "
            "from, needs them: put the file back, or start without the checkpoint"
        )
    log.warning(
        "%s has changed since it was found (%d bytes then, %d now): if anything but its end was changed, records are "
        "read twice or not at all. Write a new file in place of changing one",
        split.path,
        split.size,
        found.st_size,
    )


def _positions(path: str, form: Format, parallelism: int, split_bytes: int) -> list[FileSplit]:
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
