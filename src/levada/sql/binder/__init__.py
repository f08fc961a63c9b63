"""Names and types: syntax trees to logical plans.

Imports ``levada.sql.ast``, ``levada.sql.catalog``, ``levada.sql.functions``, ``levada.sql.logical`` and
``levada.sql.lowering`` (to compute constants).
"""

from __future__ import annotations

from levada.sql.ast import queries as _queries
from levada.sql.binder.inserts import bind_insert, fitted
from levada.sql.binder.queries import QueryBinder
from levada.sql.catalog import Catalog
from levada.sql.logical.nodes import Node

__all__ = ["bind_insert", "bind_query", "fitted"]


def bind_query(text: str, catalog: Catalog, query: _queries.Query) -> Node:
    """The logical plan of a query whose statement is ``text``."""
    return QueryBinder(text, catalog).query(query)
