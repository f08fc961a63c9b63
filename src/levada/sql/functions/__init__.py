"""The functions of SQL, one family per file: how a call is typed and how it becomes an expression over columns.

Imports ``levada.sql.logical``, ``levada.sql.types`` and the expression tree of ``levada.operators.columnar``.
"""

from __future__ import annotations

from levada.sql.functions import arithmetic, comparison, conditional, mathematics, strings, temporal
from levada.sql.functions.definition import Function, MismatchError

__all__ = ["FUNCTIONS", "Function", "MismatchError"]

FUNCTIONS: dict[str, Function] = {
    function.name: function
    for family in (arithmetic, comparison, conditional, mathematics, strings, temporal)
    for function in family.FUNCTIONS
}
