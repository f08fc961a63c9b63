"""Plans of queries over a few fixed tables, and fixtures kept as text."""

from __future__ import annotations

from pathlib import Path

from levada.sql import explain
from levada.sql.ast import statements as ast
from levada.sql.binder import bind_insert, bind_query
from levada.sql.catalog import Catalog, CatalogTable, TableColumn
from levada.sql.logical import nodes as logical
from levada.sql.parser import parse_query, parse_statement
from levada.sql.physical import PlannerSettings, infer_changelog, plan
from levada.sql.physical.nodes import Accepts
from levada.sql.rules import optimise

HERE = Path(__file__).parent

TABLES = (
    "CREATE TABLE bids (auction BIGINT, bidder BIGINT, price BIGINT NOT NULL, channel STRING, ratio DOUBLE, "
    "amount DECIMAL(10, 2), placed TIMESTAMP(3), origin ROW<city STRING, geo ROW<lat DOUBLE, lon DOUBLE>>, "
    "tags ARRAY<STRING>, twice AS price * 2)",
    "CREATE TABLE people (id BIGINT, name STRING)",
)


def catalog() -> Catalog:
    """The fixed tables."""
    made = Catalog()
    for text in TABLES:
        statement = parse_statement(text)
        assert isinstance(statement, ast.CreateTable)
        columns = tuple(TableColumn(c.name, c.data_type, c.expression) for c in statement.columns)
        made.add(CatalogTable(made.path(statement.name), columns, text=text))
    return made


def bound(query: str) -> logical.Node:
    """A query's logical plan before any rule."""
    return bind_query(query, catalog(), parse_query(query))


def optimised_text(query: str) -> str:
    """A query's logical plan after all rules, as text."""
    return explain.logical_text(optimise(bound(query)))


def physical_text(query: str, accepts: Accepts = Accepts.ANY, *, batch: bool = False) -> str:
    """A query's physical plan, as text."""
    physical = plan(optimise(bound(query)), accepts, PlannerSettings(batch))
    return explain.physical_text(infer_changelog(physical))


def bind_statement(text: str) -> logical.Node:
    """A query's or INSERT's logical plan."""
    statement = parse_statement(text)
    if isinstance(statement, ast.Insert):
        return bind_insert(text, catalog(), statement)
    assert isinstance(statement, ast.QueryStatement)
    return bind_query(text, catalog(), statement.query)


def cases(name: str) -> list[tuple[str, str]]:
    """Pairs of a text file: what goes in, ``---``, what comes out; cases are divided by ``====``."""
    found = []
    for block in (HERE / "fixtures" / name).read_text(encoding="utf-8").split("\n====\n"):
        given, _, expected = block.partition("\n---\n")
        found.append((given.strip(), expected.strip("\n")))
    return found
