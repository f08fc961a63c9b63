"""One query over data in memory, without ceremony: what ``levada.sql`` calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from levada.table.environment_settings import EnvironmentSettings
from levada.table.table import Table
from levada.table.table_environment import TableEnvironment

__all__ = ["run_query"]


def run_query(query: str, tables: Mapping[str, Any]) -> Table:
    """A query over data frames, in batch mode: each result row comes once.

    Parameters
    ----------
    query : str
    tables : mapping of name to data
        pandas or Polars data frames, Arrow tables, dicts of columns, anything with ``__arrow_c_stream__``.

    Examples
    --------
    >>> bids = {"bidder": [1, 2, 1], "price": [10, 20, 30]}
    >>> result = run_query("SELECT bidder, SUM(price) AS total FROM bids GROUP BY bidder", {"bids": bids})
    >>> result.to_arrow().to_pylist()
    [{'bidder': 1, 'total': 40}, {'bidder': 2, 'total': 20}]
    """
    t_env = TableEnvironment.create(EnvironmentSettings.in_batch_mode())
    for name, data in tables.items():
        t_env.register_data(name, data, name)
    return t_env.sql_query(query)
