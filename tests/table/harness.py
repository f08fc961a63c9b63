"""Environments and results for tests."""

from __future__ import annotations

from typing import Any

from levada.table import EnvironmentSettings, TableEnvironment, TableResult


def environment(mode: str = "streaming", **settings: str) -> TableEnvironment:
    """A new environment; settings by key with ``__`` for dots and ``_`` for dashes."""
    made = EnvironmentSettings.in_streaming_mode() if mode == "streaming" else EnvironmentSettings.in_batch_mode()
    t_env = TableEnvironment.create(made)
    for key, value in settings.items():
        t_env.get_config().set(key.replace("__", ".").replace("_", "-"), value)
    return t_env


def changes(result: TableResult) -> list[tuple[Any, ...]]:
    """Kind and values of each row."""
    with result.collect() as rows:
        return [(str(row.get_row_kind()), *row) for row in rows]


def query(t_env: TableEnvironment, text: str) -> list[tuple[Any, ...]]:
    """Kind and values of each row of a query."""
    return changes(t_env.execute_sql(text))


def final(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """What is left when all changes have been applied, sorted."""
    left: list[tuple[Any, ...]] = []
    for kind, *values in rows:
        if kind in ("+I", "+U"):
            left.append(tuple(values))
        else:
            left.remove(tuple(values))
    return sorted(left, key=repr)
