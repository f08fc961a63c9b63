"""Function objects on keyed streams run as keyed process functions, so that they can use the key's state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from levada.operators.row.user_function import close_functions, display_name, open_function


class _KeyedAdapter:
    """Opens and closes the function it stands for, and bears its name in errors."""

    def __init__(self, function: Any) -> None:
        self.__wrapped__ = function
        self.__qualname__ = display_name(function)

    def open(self, runtime_context: Any) -> None:
        """Open the function."""
        open_function(self.__wrapped__, runtime_context)

    def close(self) -> None:
        """Close the function."""
        close_functions([self.__wrapped__])


class KeyedMap(_KeyedAdapter):
    """A ``MapFunction``."""

    __levada_role__ = "map"

    def process_element(self, value: Any, ctx: Any) -> Iterable[Any]:
        """One record in, one out."""
        return (self.__wrapped__.map(value),)


class KeyedFlatMap(_KeyedAdapter):
    """A ``FlatMapFunction``."""

    __levada_role__ = "flat_map"

    def process_element(self, value: Any, ctx: Any) -> Iterable[Any] | None:
        """One record in, any number out."""
        results: Iterable[Any] | None = self.__wrapped__.flat_map(value)
        return results


class KeyedFilter(_KeyedAdapter):
    """A ``FilterFunction``."""

    __levada_role__ = "filter"

    def process_element(self, value: Any, ctx: Any) -> Iterable[Any]:
        """Keep the record or drop it."""
        return (value,) if self.__wrapped__.filter(value) else ()
