"""State in columns behind the native key index: slots in, Arrow columns out.

May import ``levada.common``, ``levada._kernels`` and the rest of ``levada.state``. Loaded only by columnar operators.
"""

from levada.state.columnar.aggregate_table import AggregateCall, AggregateTable
from levada.state.columnar.arrays import array_of, numbers_of, scalar_of, slot_range

__all__ = ["AggregateCall", "AggregateTable", "array_of", "numbers_of", "scalar_of", "slot_range"]
