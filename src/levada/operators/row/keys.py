"""From records to keys: selected in one pass per batch, made canonical where Python's equality needs help (NaN)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from levada.operators.base import OperatorContext
from levada.operators.row.user_errors import CallSite, user_error
from levada.operators.row.user_function import bound_callable

PLAIN_KEY_TYPES: frozenset[type] = frozenset({str, int, bytes, bool, type(None)})
"""Exact types that are canonical as they are."""

ALL = None
"""The key of every record on a stream without keys."""


class KeySelection:
    """Selects the keys of a batch.

    Parameters
    ----------
    key_selector : callable, KeySelector or None
        None gives every record the same key.
    """

    def __init__(self, key_selector: Any | None, context: OperatorContext, name: str) -> None:
        self._context = context
        self._selector = (
            None if key_selector is None else bound_callable(key_selector, "key_by", "key_by(key_selector)")
        )
        self._select_site = CallSite("key_by", name, context.uid, key_selector)
        self._canonical_site = CallSite("key_by", name, context.uid, key_selector, "key")

    def keys(self, values: list[Any]) -> list[Any]:
        """One canonical key per value."""
        select = self._selector
        if select is None:
            return [ALL] * len(values)
        try:
            keys = _selected(select, values)
        except Exception as error:
            raise user_error(error, self._context, _selected.__code__, self._select_site) from error
        if PLAIN_KEY_TYPES.issuperset(map(type, keys)):
            return keys
        try:
            return _canonical(keys)
        except Exception as error:
            raise user_error(error, self._context, _canonical.__code__, self._canonical_site) from None


def _selected(select: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    return [select(value) for value in values]


def _canonical(keys: list[Any]) -> list[Any]:
    from levada._kernels import canonical_key

    return [key if type(key) in PLAIN_KEY_TYPES else canonical_key(key) for key in keys]
