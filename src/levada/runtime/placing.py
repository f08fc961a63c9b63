"""Ways of spreading rows in which each row's subtask is named: drawn, or chosen by the user's function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from levada.common.batch import Batch, RowBatch
from levada.common.errors import InternalError, UserError
from levada.graph.partitioner import CustomRows
from levada.operators.row.keys import KeySelection
from levada.operators.row.user_errors import CallSite, Whereabouts, raise_user_error, short_repr
from levada.runtime.transport import Lane

Spread = Callable[[Batch], None]
Places = Callable[[list[Any]], list[int]]
"""The subtask for each value."""


def own_share(sender: int, senders: int, channels: Sequence[Lane]) -> Sequence[Lane]:
    """The receivers that one sender of several serves: near ones, so that all are served by as few as may be."""
    receivers = len(channels)
    first = sender * receivers // senders
    last = max((sender + 1) * receivers // senders, first + 1)
    return channels[first:last]


def placed_rows(channels: Sequence[Lane], max_parallelism: int, places: Places) -> Spread:
    """Send each row to the channel that ``places`` names for it, keeping their order within a channel."""
    from levada._kernels import split_rows

    parallelism = len(channels)
    stand_ins = _stand_ins(parallelism, max_parallelism)

    def spread(batch: Batch) -> None:
        if not isinstance(batch, RowBatch):
            raise InternalError("a column batch reached an exchange of rows")
        keys = [stand_ins[place] for place in places(batch.values)]
        parts = split_rows(batch.values, batch.timestamps, keys, parallelism, max_parallelism)
        for channel, (values, timestamps) in zip(channels, parts, strict=True):
            if values:
                channel.send(RowBatch(values, timestamps))

    return spread


def _stand_ins(parallelism: int, max_parallelism: int) -> list[int]:
    """For each subtask a number that, as a key, belongs to it: so rows are split natively by place as by key."""
    from levada._kernels import split_rows

    count = 8 * parallelism
    while True:
        numbers = list(range(count))
        parts = split_rows(numbers, None, numbers, parallelism, max_parallelism)
        if all(values for values, _ in parts):
            return [values[0] for values, _ in parts]
        count *= 2


class CustomPlaces:
    """Asks the user's partitioner for each row's key.

    Parameters
    ----------
    partitioner : CustomRows
    sender : Sender
        For errors.
    parallelism : int
        How many subtasks there are to choose from.
    """

    def __init__(self, partitioner: CustomRows, sender: Whereabouts, parallelism: int) -> None:
        name: str = getattr(sender, "name", "")
        self._selection = KeySelection(partitioner.selector, sender, name)
        self._partition = partitioner.partition
        self._sender = sender
        self._site = CallSite("partition_custom", name, None, partitioner.partition, "value")
        self._parallelism = parallelism

    def __call__(self, values: list[Any]) -> list[int]:
        try:
            return self._placed(values)
        except UserError:
            raise
        except Exception as error:
            raise_user_error(error, self._sender, CustomPlaces._placed.__code__, self._site)

    def _placed(self, values: list[Any]) -> list[int]:
        partition, parallelism = self._partition, self._parallelism
        places: list[int] = []
        for value, key in zip(values, self._selection.selected(values), strict=True):
            place = partition(key, parallelism)
            if not isinstance(place, int) or not 0 <= place < parallelism:
                raise UserError(
                    f"partition_custom(partitioner, key_selector): the partitioner gave {place!r} for the key {key!r} "
                    f"and {parallelism} partitions; it must give a whole number from 0 to {parallelism - 1}. "
                    f"Record: {short_repr(value)}"
                )
            places.append(place)
        return places
