"""CREATE TABLE and CREATE VIEW: statements to catalog entries, and entries back to statements."""

from __future__ import annotations

from levada.common.errors import SqlError
from levada.sql.ast import statements as ast
from levada.sql.ast.expressions import Node
from levada.sql.binder import bind_query
from levada.sql.catalog import Catalog, CatalogEntry, CatalogTable, CatalogView, TableColumn
from levada.sql.errors import did_you_mean, not_supported, sql_error
from levada.sql.parser import parse_query
from levada.sql.types import DataType, DayTimeIntervalType, YearMonthIntervalType, type_name


def table_of(text: str, statement: ast.CreateTable, catalog: Catalog) -> CatalogTable:
    """The catalog entry that a CREATE TABLE makes."""
    _refuse(text, statement)
    key = statement.primary_key.columns if statement.primary_key else ()
    columns: dict[str, TableColumn] = {}
    for column in statement.columns:
        if column.name in columns:
            raise sql_error(text, column.span, f"column `{column.name}` is defined twice")
        columns[column.name] = _column(text, column, column.name in key)
    if statement.primary_key is not None:
        _known(text, statement.primary_key, key, columns, "PRIMARY KEY")
    if statement.watermark is not None:
        _known(text, statement.watermark, statement.watermark.column[:1], columns, "WATERMARK")
    _known(text, statement, statement.partitioned_by, columns, "PARTITIONED BY")
    return CatalogTable(
        catalog.path(statement.name),
        tuple(columns.values()),
        dict(statement.options),
        key,
        statement.watermark,
        statement.partitioned_by,
        statement.comment,
        text,
    )


def _refuse(text: str, statement: ast.CreateTable) -> None:
    if statement.query is not None:
        raise not_supported(text, statement.span, "CREATE TABLE .. AS a query")
    if statement.like is not None:
        raise not_supported(text, statement.span, "CREATE TABLE .. LIKE")
    if statement.replace:
        raise not_supported(text, statement.span, "CREATE OR REPLACE TABLE")
    if statement.distribution is not None:
        raise not_supported(text, statement.span, "DISTRIBUTED BY")
    if not statement.columns:
        raise sql_error(text, statement.span, "a table needs columns: CREATE TABLE t (id BIGINT, ..) WITH (..)")


def _column(text: str, column: ast.ColumnDefinition, in_key: bool) -> TableColumn:
    kind = column.data_type
    if kind is None and column.expression is None:
        raise sql_error(text, column.span, f"column `{column.name}` needs a type")
    if isinstance(kind, DayTimeIntervalType | YearMonthIntervalType):
        raise sql_error(text, column.span, "INTERVAL is no type of a column; store a number, or two timestamps")
    written = None if column.expression is None else _written(text, column.expression)
    if kind is not None and in_key:
        kind = kind.not_null()
    return TableColumn(column.name, kind, column.expression, written, column.metadata, column.comment)


def _known(text: str, place: Node, names: tuple[str, ...], columns: dict[str, TableColumn], where: str) -> None:
    for name in names:
        if name not in columns:
            raise sql_error(text, place.span, f"{where}: column `{name}` is not defined{did_you_mean(name, columns)}")


def _written(text: str, node: Node) -> str:
    return text[node.span.start : node.span.end]


def view_of(statement: ast.CreateView, catalog: Catalog) -> CatalogView:
    """The catalog entry that a CREATE VIEW makes; its query must bind now."""
    query = parse_query(statement.text)
    bound = bind_query(statement.text, catalog, query)
    count = len(bound.row_type.fields)
    if statement.columns and len(statement.columns) != count:
        raise SqlError(
            f"the view `{statement.name[-1]}` names {len(statement.columns)} columns, its query gives {count}"
        )
    return CatalogView(
        catalog.path(statement.name),
        query,
        statement.text,
        statement.columns,
        statement.comment,
        statement.temporary,
    )


Description = tuple[str, str, bool, str | None, str | None, str | None]


def described(entry: CatalogEntry, catalog: Catalog) -> list[Description]:
    """Rows of DESCRIBE: name, type, null, key, extras, watermark."""
    if isinstance(entry, CatalogView):
        row_type = bind_query(entry.text, catalog, entry.query).row_type
        names = entry.columns or row_type.field_names()
        pairs = zip(names, row_type.field_types(), strict=True)
        return [(name, type_name(kind.nullable()), kind.is_nullable, None, None, None) for name, kind in pairs]
    types = _types(entry)
    watermark = entry.watermark
    rows: list[Description] = []
    for column in entry.columns:
        kind = types[column.name]
        timed = watermark is not None and watermark.column == (column.name,)
        shown = type_name(kind.nullable()) + (" *ROWTIME*" if timed else "")
        key = f"PRI({', '.join(entry.primary_key)})" if column.name in entry.primary_key else None
        extras = f"AS {column.text}" if column.text else "METADATA" if column.metadata else None
        text = _written(entry.text, watermark.expression) if timed and watermark is not None else None
        rows.append((column.name, shown, kind.is_nullable, key, extras, text))
    return rows


def _types(table: CatalogTable) -> dict[str, DataType]:
    from levada.sql.binder.relations import scan

    if all(column.data_type is not None for column in table.columns):
        return {column.name: column.data_type for column in table.columns if column.data_type is not None}
    row_type = scan(table).row_type
    return dict(zip(row_type.field_names(), row_type.field_types(), strict=True))


def created(entry: CatalogEntry) -> str:
    """The statement that makes the entry (SHOW CREATE)."""
    path = ".".join(_quoted(part) for part in entry.path)
    if isinstance(entry, CatalogView):
        columns = f" ({', '.join(map(_quoted, entry.columns))})" if entry.columns else ""
        comment = f" COMMENT '{_escaped(entry.comment)}'" if entry.comment else ""
        return f"CREATE {'TEMPORARY ' if entry.temporary else ''}VIEW {path}{columns}{comment} AS {entry.text}"
    parts = [_column_text(column) for column in entry.columns]
    if entry.watermark is not None:
        column = ".".join(_quoted(part) for part in entry.watermark.column)
        parts.append(f"WATERMARK FOR {column} AS {_written(entry.text, entry.watermark.expression)}")
    if entry.primary_key:
        parts.append(f"PRIMARY KEY ({', '.join(map(_quoted, entry.primary_key))}) NOT ENFORCED")
    lines = [f"CREATE TABLE {path} (\n  " + ",\n  ".join(parts) + "\n)"]
    if entry.comment:
        lines.append(f"COMMENT '{_escaped(entry.comment)}'")
    if entry.partition_keys:
        lines.append(f"PARTITIONED BY ({', '.join(map(_quoted, entry.partition_keys))})")
    options = ",\n  ".join(f"'{_escaped(k)}' = '{_escaped(v)}'" for k, v in entry.options.items())
    if options:
        lines.append(f"WITH (\n  {options}\n)")
    return "\n".join(lines)


def _column_text(column: TableColumn) -> str:
    comment = f" COMMENT '{_escaped(column.comment)}'" if column.comment else ""
    if column.data_type is None:
        return f"{_quoted(column.name)} AS {column.text}{comment}"
    metadata = " METADATA" if column.metadata else ""
    return f"{_quoted(column.name)} {type_name(column.data_type)}{metadata}{comment}"


def _quoted(name: str) -> str:
    escaped = name.replace("`", "``")
    return f"`{escaped}`"


def _escaped(text: str) -> str:
    return text.replace("'", "''")
