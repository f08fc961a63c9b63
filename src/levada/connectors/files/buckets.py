"""Which subdirectory a row is written to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from levada.common.batch import Batch, ColumnBatch, RowBatch
from levada.common.errors import JobBuildError, UserError
from levada.connectors.user_calls import call_each
from levada.formats.rows import columns_of

if TYPE_CHECKING:
    import pyarrow as pa

_NULL = "__HIVE_DEFAULT_PARTITION__"
_LETTERS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


class BucketAssigner:
    """Divides batches among subdirectories of a sink's path, by time of writing, by columns or by a function."""

    def divide(self, batch: Batch, now_ms: int) -> Iterator[tuple[str, Batch]]:
        """Parts of the batch with the subdirectory of each (``""`` for the path itself)."""
        yield "", batch

    @staticmethod
    def base_path_bucket_assigner() -> BucketAssigner:
        """Everything into the path itself."""
        return BucketAssigner()

    @staticmethod
    def date_time_bucket_assigner(
        format_str: str = "yyyy-MM-dd--HH", timezone_id: str | None = None
    ) -> DateTimeBucketAssigner:
        """By the time at which a row is written, such as ``2013-01-01--05`` (in UTC unless a time zone is named)."""
        return DateTimeBucketAssigner(format_str, timezone_id)

    @staticmethod
    def of(assigner: BucketAssigner | str | Sequence[str] | Callable[[Any], str], call: str) -> BucketAssigner:
        """An assigner from itself, from the names of columns, or from a function of a row."""
        if isinstance(assigner, BucketAssigner):
            return assigner
        if isinstance(assigner, str):
            return ColumnBucketAssigner((assigner,))
        if callable(assigner):
            return FunctionBucketAssigner(assigner)
        if isinstance(assigner, Sequence) and assigner and all(isinstance(name, str) for name in assigner):
            return ColumnBucketAssigner(tuple(assigner))
        raise JobBuildError(
            f"{call}: pass a BucketAssigner, the name of a column (or several), or a function from a row to a directory"
        )


@dataclass(frozen=True)
class DateTimeBucketAssigner(BucketAssigner):
    """By processing time. The format has ``yyyy MM dd HH mm ss`` and signs between them."""

    format_str: str = "yyyy-MM-dd--HH"
    timezone_id: str | None = None

    def __post_init__(self) -> None:
        unknown = re.search(r"[A-Za-z]+", re.sub("|".join(_LETTERS), "", self.format_str))
        if unknown is not None:
            raise JobBuildError(
                f"date_time_bucket_assigner({self.format_str!r}): {unknown[0]!r} is none of {', '.join(_LETTERS)}"
            )
        try:
            self._zone()
        except (ZoneInfoNotFoundError, ValueError):
            raise JobBuildError(
                f"date_time_bucket_assigner(timezone_id={self.timezone_id!r}): there is no such time zone; "
                "Europe/Lisbon, for example"
            ) from None

    def _zone(self) -> tzinfo:
        return UTC if self.timezone_id is None else ZoneInfo(self.timezone_id)

    def divide(self, batch: Batch, now_ms: int) -> Iterator[tuple[str, Batch]]:
        now = datetime.fromtimestamp(now_ms / 1000, self._zone())
        yield now.strftime(re.sub("|".join(_LETTERS), lambda match: _LETTERS[match[0]], self.format_str)), batch


@dataclass(frozen=True)
class FunctionBucketAssigner(BucketAssigner):
    """By a function of the row that returns a relative path."""

    function: Callable[[Any], str]

    def divide(self, batch: Batch, now_ms: int) -> Iterator[tuple[str, Batch]]:
        if isinstance(batch, ColumnBatch):
            raise UserError("a bucket assigner that is a function takes Python rows; for columns, name a column")
        yield from _parts(batch, call_each(self.function, batch.values, "bucket assigner"))


@dataclass(frozen=True)
class ColumnBucketAssigner(BucketAssigner):
    """By the values of columns: ``origin=JFK/month=1``."""

    columns: tuple[str, ...]

    def divide(self, batch: Batch, now_ms: int) -> Iterator[tuple[str, Batch]]:
        if isinstance(batch, ColumnBatch):
            yield from self._divide_columns(batch)
            return
        try:
            values = columns_of([_fields(value, self.columns) for value in batch.values], self.columns)
        except (KeyError, AttributeError, TypeError) as error:
            raise UserError(f"rows cannot be put into buckets by {', '.join(self.columns)}: {error}") from error
        yield from _parts(batch, [self._folder(row) for row in zip(*values, strict=True)])

    def _divide_columns(self, batch: ColumnBatch) -> Iterator[tuple[str, Batch]]:
        import pyarrow as pa
        from pyarrow import compute as pc

        keys = pa.Table.from_batches([batch.data.select(list(self.columns))])
        for group in keys.group_by(list(self.columns), use_threads=False).aggregate([]).to_pylist():
            chosen: pa.Array | None = None
            for name in self.columns:
                column, value = batch.data.column(name), group[name]
                same = column.is_null() if value is None else pc.equal(column, pa.scalar(value, column.type))
                chosen = same if chosen is None else pc.and_(chosen, same)
            yield self._folder(tuple(group.values())), ColumnBatch(batch.data.filter(chosen))

    def _folder(self, values: tuple[Any, ...]) -> str:
        return "/".join(
            f"{name}={_NULL if value is None else quote(str(value), safe=' ')}"
            for name, value in zip(self.columns, values, strict=True)
        )


def _fields(value: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    if isinstance(value, dict) or hasattr(value, "get_row_kind"):
        return tuple(value[name] for name in names)
    return tuple(getattr(value, name) for name in names)


def _parts(batch: RowBatch, folders: list[str]) -> Iterator[tuple[str, Batch]]:
    parts: dict[str, list[Any]] = {}
    for folder, value in zip(folders, batch.values, strict=True):
        parts.setdefault(folder, []).append(value)
    for folder, values in parts.items():
        if not isinstance(folder, str) or folder.startswith("/") or ".." in folder.split("/"):
            raise UserError(f"the bucket {folder!r} is no relative path inside the sink's directory")
        yield folder, RowBatch(values)
