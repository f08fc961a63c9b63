"""``ChangelogMode``: which kinds of changes a stream of rows may hold."""

from __future__ import annotations

from dataclasses import dataclass

from levada.common.types import RowKind

__all__ = ["ChangelogMode"]


@dataclass(frozen=True)
class ChangelogMode:
    """Made by ``insert_only()``, ``upsert()`` and ``all()``."""

    kinds: frozenset[RowKind]

    @staticmethod
    def insert_only() -> ChangelogMode:
        """Rows are only added."""
        return ChangelogMode(frozenset({RowKind.INSERT}))

    @staticmethod
    def upsert() -> ChangelogMode:
        """Inserts, new rows by key, deletes."""
        return ChangelogMode(frozenset({RowKind.INSERT, RowKind.UPDATE_AFTER, RowKind.DELETE}))

    @staticmethod
    def all() -> ChangelogMode:
        """Every kind: an update is the row before and the row after."""
        return ChangelogMode(frozenset(RowKind))

    def __str__(self) -> str:
        return ", ".join(str(kind) for kind in RowKind if kind in self.kinds)
