"""What a connector is to SQL: a source or a sink made from a table's options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from levada.common.config_types import BOOLEAN, DURATION, INTEGER, SIZE, OptionType
from levada.common.errors import SqlError
from levada.connectors.base import Sink, Source
from levada.sql.catalog import CatalogTable
from levada.sql.errors import did_you_mean
from levada.sql.physical.nodes import Accepts
from levada.sql.types import RowType

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ScanSource:
    """A source and the columns it gives: the wanted ones, or more where the connector cannot leave any out."""

    source: Source
    row_type: RowType
    parallelism: int | None = None


@dataclass(frozen=True, slots=True)
class TableConnector:
    """A connector by the name that ``'connector' = '..'`` gives.

    Attributes
    ----------
    keys : frozenset of str
        Options that it takes, beside ``connector``.
    source, sink : callable or None
        None where it cannot be read from or written to.
    accepts : Accepts
        Which changes the sink takes.
    """

    name: str
    keys: frozenset[str]
    source: Callable[[CatalogTable, RowType, TableOptions], ScanSource] | None = None
    sink: Callable[[CatalogTable, TableOptions], Sink] | None = None
    accepts: Accepts = Accepts.APPEND


class TableOptions:
    """A table's options, read by type; errors name the table and the key."""

    def __init__(self, table: CatalogTable) -> None:
        self._table = table
        self._values: Mapping[str, str] = table.options

    def check(self, connector: TableConnector) -> None:
        """Refuse options that the connector does not take."""
        for key in self._values:
            if key == "connector" or key in connector.keys:
                continue
            if any(key.startswith(prefix[:-1]) for prefix in connector.keys if prefix.endswith("*")):
                continue
            known = sorted(connector.keys)
            remedy = did_you_mean(key, known) or f"; it takes {', '.join(known) or 'no options'}"
            raise self.error(key, f"the connector '{connector.name}' does not take it{remedy}")

    def required(self, key: str) -> str:
        """The text under a key that must be there."""
        value = self._values.get(key)
        if value is None:
            raise SqlError(
                f"table `{self._table.name}`: the option '{key}' is missing; add '{key}' = '..' to WITH (..)"
            )
        return value

    def text(self, key: str, default: str | None = None) -> str | None:
        """The text under a key."""
        return self._values.get(key, default)

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """One of a few words."""
        value = self.required(key) if default is None else self._values.get(key, default)
        if value not in allowed:
            raise self.error(key, f"'{value}' is not one of {', '.join(allowed)}{did_you_mean(value, allowed)}")
        return value

    def integer(self, key: str) -> int | None:
        """A whole number."""
        return self._parsed(key, INTEGER)

    def boolean(self, key: str, default: bool = False) -> bool:
        """``true`` or ``false``."""
        value = self._parsed(key, BOOLEAN)
        return default if value is None else value

    def duration(self, key: str) -> timedelta | None:
        """A length of time, such as ``10 s``."""
        return self._parsed(key, DURATION)

    def size(self, key: str) -> int | None:
        """A number of bytes, such as ``128 mb``."""
        return self._parsed(key, SIZE)

    def _parsed(self, key: str, kind: OptionType[T]) -> T | None:
        text = self._values.get(key)
        if text is None:
            return None
        try:
            return kind.parse(text)
        except ValueError as error:
            raise self.error(key, f"'{text}': {error}") from None

    def error(self, key: str, message: str) -> SqlError:
        """An error about one option."""
        return SqlError(f"table `{self._table.name}`, option '{key}': {message}")
