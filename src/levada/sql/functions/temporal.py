"""Functions of time."""

from __future__ import annotations

from levada.common.errors import SqlError
from levada.operators.columnar import expressions as columnar
from levada.sql.functions.definition import Arguments, Function, count
from levada.sql.logical.expressions import Call, Expression
from levada.sql.types import LocalZonedTimestampType


def _proctime(arguments: Arguments) -> Expression:
    """Typed, so that tables may declare a column of it; no query can read one yet."""
    count("PROCTIME", arguments, 0, 0)
    return Call(LocalZonedTimestampType(3, False), "PROCTIME", ())


def _lower_proctime(call: Call, operands: tuple[columnar.Expression, ...]) -> columnar.Expression:
    raise SqlError("not supported yet: reading PROCTIME(), the time at which a row is processed")


FUNCTIONS = (Function("PROCTIME", _proctime, _lower_proctime),)
