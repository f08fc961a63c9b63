"""Operators over column batches: Arrow expressions and native kernels, one operator per file.

May import ``levada.operators.base``, ``levada.formats`` (Python values of columns), ``levada.state``,
``levada.common`` and ``levada._kernels``. Loading this folder loads pyarrow.
"""

from levada.operators.columnar.calc import Calc
from levada.operators.columnar.columns_to_rows import ColumnsToRows, RowForm
from levada.operators.columnar.group_aggregate import GroupAggregate
from levada.operators.columnar.rows_to_columns import RowsToColumns
from levada.state.columnar import AggregateCall

__all__ = ["AggregateCall", "Calc", "ColumnsToRows", "GroupAggregate", "RowForm", "RowsToColumns"]
