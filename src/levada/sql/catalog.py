"""Tables and views by name, in memory."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from levada.common.errors import SqlError
from levada.sql.errors import did_you_mean
from levada.sql.types import DataType, RowField, RowType

if TYPE_CHECKING:
    from levada.sql.ast.expressions import Expression
    from levada.sql.ast.queries import Query
    from levada.sql.ast.statements import WatermarkDefinition
    from levada.sql.connectors.inline import InlineSource
    from levada.sql.connectors.streams import StreamSource

DEFAULT_CATALOG = "default_catalog"
DEFAULT_DATABASE = "default_database"

Path = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: physical, or computed by ``expression`` (its type is known once bound), or metadata."""

    name: str
    data_type: DataType | None
    expression: Expression | None = None
    text: str | None = None
    metadata: bool = False
    comment: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CatalogTable:
    """A table's definition.

    Attributes
    ----------
    text : str
        The statement that made it, which its expressions' places refer to.
    source : InlineSource, StreamSource or None
        The rows, where they were given as data or as a stream and come from no connector.
    """

    path: Path
    columns: tuple[TableColumn, ...]
    options: dict[str, str] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    watermark: WatermarkDefinition | None = None
    partition_keys: tuple[str, ...] = ()
    comment: str | None = None
    text: str = ""
    source: InlineSource | StreamSource | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path[-1]

    @property
    def physical_type(self) -> RowType:
        """The columns that a connector reads and writes."""
        return RowType(
            RowField(c.name, c.data_type) for c in self.columns if c.data_type is not None and not c.metadata
        )


@dataclass(frozen=True, slots=True, eq=False)
class CatalogView:
    """A view: its query, and the columns' names if they were given."""

    path: Path
    query: Query
    text: str
    columns: tuple[str, ...] = ()
    comment: str | None = None
    temporary: bool = False

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path[-1]


CatalogEntry = CatalogTable | CatalogView


class Catalog:
    """All tables and views, and the catalog and database that short names are looked up in."""

    def __init__(self) -> None:
        self.current_catalog = DEFAULT_CATALOG
        self.current_database = DEFAULT_DATABASE
        self._databases: dict[tuple[str, str], dict[str, CatalogEntry]] = {(DEFAULT_CATALOG, DEFAULT_DATABASE): {}}

    def path(self, name: tuple[str, ...]) -> Path:
        """The full path of a name of one to three parts."""
        match name:
            case (table,):
                return self.current_catalog, self.current_database, table
            case (database, table):
                return self.current_catalog, database, table
            case (catalog, database, table):
                return catalog, database, table
            case _:
                raise SqlError(f"`{'.'.join(name)}` has {len(name)} parts; a table has at most catalog.database.table")

    def find(self, name: tuple[str, ...]) -> CatalogEntry | None:
        """The table or view of this name, or None."""
        catalog, database, table = self.path(name)
        return self._databases.get((catalog, database), {}).get(table)

    def missing(self, name: tuple[str, ...]) -> str:
        """What to tell a user who named a table that is not there."""
        catalog, database, table = self.path(name)
        entries = self._databases.get((catalog, database))
        if entries is None:
            return f"database `{catalog}.{database}` does not exist"
        known = sorted(entries)
        listed = f"the tables are {', '.join(known)}" if known else "there are no tables yet"
        return f"table `{'.'.join(name)}` not found{did_you_mean(table, known) or f'; {listed}'}"

    def add(self, entry: CatalogEntry, *, replace: bool = False) -> None:
        """Register a table or view."""
        catalog, database, name = entry.path
        entries = self._databases.get((catalog, database))
        if entries is None:
            raise SqlError(f"database `{catalog}.{database}` does not exist")
        if name in entries and not replace:
            raise SqlError(f"`{name}` exists already; drop it first, or say IF NOT EXISTS")
        entries[name] = entry

    def remove(self, name: tuple[str, ...]) -> None:
        """Forget a table or view that exists."""
        catalog, database, table = self.path(name)
        del self._databases[catalog, database][table]

    def entries(self, database: tuple[str, ...] = ()) -> Iterator[CatalogEntry]:
        """Tables and views of a database (the current one), by name."""
        catalog_name, database_name, _ = self.path((*database, ""))
        found = self._databases.get((catalog_name, database_name))
        if found is None:
            raise SqlError(f"database `{catalog_name}.{database_name}` does not exist")
        for name in sorted(found):
            yield found[name]

    def databases(self) -> list[str]:
        """Databases of the current catalog."""
        return sorted(database for catalog, database in self._databases if catalog == self.current_catalog)

    def use(self, catalog: str, database: str) -> None:
        """Change where short names are looked up."""
        if (catalog, database) not in self._databases:
            raise SqlError(f"database `{catalog}.{database}` does not exist")
        self.current_catalog, self.current_database = catalog, database


def matches(name: str, pattern: str | None, negated: bool = False) -> bool:
    """Whether ``name`` fits a LIKE pattern (``%`` and ``_``); without a pattern, all do."""
    if pattern is None:
        return True
    glob = "".join("*" if c == "%" else "?" if c == "_" else f"[{c}]" if c in "*?[" else c for c in pattern)
    return fnmatch.fnmatchcase(name, glob) is not negated
