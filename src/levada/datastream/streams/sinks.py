"""Where a stream ends: the handle on a sink, and functions as sinks."""

from __future__ import annotations

from typing import Any

from levada.datastream.streams.building import Node
from levada.operators.row.user_function import close_functions, display_name, open_function

__all__ = ["DataStreamSink", "SinkStep"]


class DataStreamSink(Node):
    """A handle on a sink, to name and configure it."""

    what = "a sink"


class SinkStep:
    """A ``SinkFunction``, or a plain callable, as a flat map that gives nothing: opened and reported as functions are."""

    def __init__(self, function: Any) -> None:
        self.__wrapped__ = function
        self.__qualname__ = display_name(function)
        self._invoke = getattr(function, "invoke", function)

    def flat_map(self, value: Any) -> None:
        """Hand one record to the function; what it returns is dropped."""
        self._invoke(value)

    def open(self, runtime_context: Any) -> None:
        """Open the function."""
        open_function(self.__wrapped__, runtime_context)

    def close(self) -> None:
        """Close the function."""
        close_functions([self.__wrapped__])
