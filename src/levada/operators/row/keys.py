"""From records to keys: selected in one pass per batch, made canonical where Python's equality needs help (NaN)."""

from __future__ import annotations

from typing import Any, NoReturn

from levada.operators.row.user_errors import CallSite, Whereabouts, raise_user_error
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

    def __init__(self, key_selector: Any | None, context: Whereabouts, name: str) -> None:
        self._context = context
        self._selector = (
            None if key_selector is None else bound_callable(key_selector, "key_by", "key_by(key_selector)")
        )
        self._site = CallSite("key_by", name, context.uid, key_selector)

    def keys(self, values: list[Any]) -> list[Any]:
        """One canonical key per value."""
        keys = self.selected(values)
        return keys if PLAIN_KEY_TYPES.issuperset(map(type, keys)) else self.canonical(keys, values)

    def selected(self, values: list[Any]) -> list[Any]:
        """One key per value, as the selector gives it."""
        select = self._selector
        if select is None:
            return [ALL] * len(values)
        keys: list[Any] = []
        try:
            # What was selected before an error stays in the list: its length tells the record.
            keys.extend(map(select, values))
        except Exception as error:
            self._raise(error, values[len(keys)])
        return keys

    def canonical(self, keys: list[Any], values: list[Any]) -> list[Any]:
        """The same keys, changed in place; one that cannot be a key is refused with its record."""
        from levada._kernels import canonical_key

        for index, key in enumerate(keys):
            if type(key) not in PLAIN_KEY_TYPES:
                try:
                    keys[index] = canonical_key(key)
                except Exception as error:
                    self._raise(error, values[index])
        return keys

    def _raise(self, error: Exception, record: Any) -> NoReturn:
        raise_user_error(error, self._context, KeySelection.selected.__code__, self._site, record)
