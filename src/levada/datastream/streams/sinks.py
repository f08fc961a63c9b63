"""Where a stream ends: the handle on a sink, and functions as sinks."""

from __future__ import annotations

import copy
from typing import Any

from levada.datastream.functions import SinkFunction
from levada.datastream.streams.building import Node
from levada.operators.row.checkpointed import is_checkpointed
from levada.operators.row.user_function import close_functions, display_name, open_function

__all__ = ["DataStreamSink", "SinkStep"]


class DataStreamSink(Node):
    """A handle on a sink, to name and configure it."""

    what = "a sink"


class SinkStep:
    """A ``SinkFunction``, or a plain callable, as a flat map that gives nothing.

    Each subtask has a copy of a ``SinkFunction``, as of any function object. A plain callable is shared: what it is for
    lies outside the job.
    """

    __levada_role__ = "sink"

    def __init__(self, function: Any) -> None:
        self.__wrapped__ = function
        self.__qualname__ = display_name(function)
        self._invoke = getattr(function, "invoke", function)

    def __deepcopy__(self, memo: dict[int, Any]) -> SinkStep:
        function = self.__wrapped__
        owned = isinstance(function, SinkFunction) or is_checkpointed(function)
        return SinkStep(copy.deepcopy(function, memo) if owned else function)

    def flat_map(self, value: Any) -> None:
        """Hand one record to the function; what it returns is dropped."""
        self._invoke(value)

    def open(self, runtime_context: Any) -> None:
        """Open the function."""
        open_function(self.__wrapped__, runtime_context)

    def close(self) -> None:
        """Close the function."""
        close_functions([self.__wrapped__])
