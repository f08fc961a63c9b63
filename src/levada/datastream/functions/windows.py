"""Functions of the records in one window."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from levada.common.output_tag import OutputTag
from levada.datastream.functions.basic import IN, KEY, OUT, Function

if TYPE_CHECKING:
    from levada.operators.row.runtime_context import KeyedStateStore

W = TypeVar("W", contravariant=True)
W2 = TypeVar("W2", covariant=True)


class WindowFunction(Function, Generic[IN, OUT, KEY, W]):
    """Sees all records of a key's window at once."""

    @abstractmethod
    def apply(self, key: KEY, window: W, inputs: Iterable[IN]) -> Iterable[OUT] | None:
        """The window's results."""


class AllWindowFunction(Function, Generic[IN, OUT, W]):
    """Sees all records of a window over a stream without keys."""

    @abstractmethod
    def apply(self, window: W, inputs: Iterable[IN]) -> Iterable[OUT] | None:
        """The window's results."""


class PassThroughWindowFunction(WindowFunction[Any, Any, Any, Any]):
    """A window's records, or its one folded value, as they are."""

    def apply(self, key: Any, window: Any, inputs: Iterable[Any]) -> Iterable[Any]:
        return inputs


class PassThroughAllWindowFunction(AllWindowFunction[Any, Any, Any]):
    """The same over a stream without keys."""

    def apply(self, window: Any, inputs: Iterable[Any]) -> Iterable[Any]:
        return inputs


class ProcessWindowFunction(Function, Generic[IN, OUT, KEY, W]):
    """Sees all records of a key's window (or its one folded value), with the window's context."""

    class Context(ABC, Generic[W2]):
        """The window being evaluated."""

        @abstractmethod
        def window(self) -> W2:
            """The window."""

        @abstractmethod
        def current_processing_time(self) -> int:
            """Wall-clock time in ms."""

        @abstractmethod
        def current_watermark(self) -> int:
            """The watermark in ms."""

        @abstractmethod
        def window_state(self) -> KeyedStateStore:
            """State of this key and window; clear it in ``clear``."""

        @abstractmethod
        def global_state(self) -> KeyedStateStore:
            """State of this key, shared by its windows."""

    @abstractmethod
    def process(
        self, key: KEY, context: ProcessWindowFunction.Context[W], elements: Iterable[IN]
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """The window's results; usually a generator."""

    def clear(self, context: ProcessWindowFunction.Context[W]) -> None:
        """The window is gone: delete the state kept in ``context.window_state()``."""


class ProcessAllWindowFunction(Function, Generic[IN, OUT, W]):
    """Sees all records of a window over a stream without keys, with the window's context."""

    class Context(ABC, Generic[W2]):
        """The window being evaluated."""

        @abstractmethod
        def window(self) -> W2:
            """The window."""

        @abstractmethod
        def window_state(self) -> KeyedStateStore:
            """State of this window; clear it in ``clear``."""

        @abstractmethod
        def global_state(self) -> KeyedStateStore:
            """State shared by all windows."""

    @abstractmethod
    def process(
        self, context: ProcessAllWindowFunction.Context[W], elements: Iterable[IN]
    ) -> Iterable[OUT | tuple[OutputTag[Any], Any]] | None:
        """The window's results; usually a generator."""

    def clear(self, context: ProcessAllWindowFunction.Context[W]) -> None:
        """The window is gone: delete the state kept in ``context.window_state()``."""
