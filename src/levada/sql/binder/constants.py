"""Expressions that must be constant."""

from __future__ import annotations

import pyarrow as pa

from levada.common.errors import UserError
from levada.sql.ast import expressions as ast
from levada.sql.errors import sql_error
from levada.sql.logical.expressions import Expression, Literal
from levada.sql.lowering import evaluate


def constant(text: str, written: ast.Expression, bound: Expression) -> Literal:
    """The value of a bound expression without columns."""
    try:
        return evaluate(bound)
    except (UserError, pa.ArrowException) as error:
        raise sql_error(text, written.span, f"this cannot be computed: {error}") from None
