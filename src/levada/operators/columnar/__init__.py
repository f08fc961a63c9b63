"""Operators over column batches: Arrow expressions and native kernels, one operator per file.

May import ``levada.operators.base``, ``levada.state``, ``levada.common`` and ``levada._kernels``. Loading this folder
loads pyarrow.
"""

from levada.operators.columnar.calc import Calc
from levada.operators.columnar.convert import ColumnsToRows, RowForm, RowsToColumns
from levada.operators.columnar.group_aggregate import GroupAggregate
from levada.state.columnar import AggregateCall

__all__ = ["AggregateCall", "Calc", "ColumnsToRows", "GroupAggregate", "RowForm", "RowsToColumns"]
