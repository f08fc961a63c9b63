"""Functions over whole batches: Arrow, pandas, polars, numpy or lists, as their parameter is annotated.

The columnar libraries are loaded when the first batch comes, by the jobs that use them.
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from levada.common.batch import Batch, RowBatch
from levada.common.errors import JobBuildError, UserError
from levada.common.types import Row
from levada.formats.rows import field_names, to_record_batch, to_row_values
from levada.operators.base import Operator, OperatorContext
from levada.operators.row.runtime_context import RuntimeContext
from levada.operators.row.user_errors import CallSite, raise_user_error
from levada.operators.row.user_function import close_functions, open_function

BARE = "value"
"""The column of values that have no fields."""


class BatchForm(Enum):
    """What a function over batches takes."""

    RECORD_BATCH = ("pyarrow", "RecordBatch")
    TABLE = ("pyarrow", "Table")
    PANDAS = ("pandas", "DataFrame")
    POLARS = ("polars", "DataFrame")
    NUMPY = ("numpy", "ndarray")
    LIST = ("builtins", "list")


def batch_form(function: Callable[..., Any], call: str) -> BatchForm:
    """The form that a function's first parameter is annotated with.

    Raises
    ------
    JobBuildError
        It is annotated with none of them, or not at all.
    """
    target: Any = function
    while isinstance(target, functools.partial):
        target = target.func
    if not inspect.isroutine(target):
        target = type(target).__call__
    annotation: Any = None
    try:
        hints = typing.get_type_hints(target)
        names = [name for name in inspect.signature(target).parameters if name != "self"]
        annotation = hints.get(names[0]) if names else None
    except Exception:  # an annotation that names what is not there says nothing
        annotation = None
    kind = typing.get_origin(annotation) or annotation
    found = (str(getattr(kind, "__module__", "")).partition(".")[0], getattr(kind, "__name__", ""))
    for form in BatchForm:
        if form.value == found:
            return form
    raise JobBuildError(
        f"{call}: annotate the function's parameter with what it takes: pa.RecordBatch, pa.Table, pd.DataFrame, "
        "pl.DataFrame, np.ndarray or list (the module must be imported where the function stands, not only under "
        "TYPE_CHECKING)"
    )


@dataclass(frozen=True, slots=True, eq=False)
class MapBatches:
    """``map_batches(function)``."""

    function: Any
    form: BatchForm
    name: str = ""

    @property
    def reads_timestamps(self) -> bool:
        """They are passed by the function."""
        return False

    def create(self) -> MapBatchesOperator:
        """An operator for one subtask."""
        return MapBatchesOperator(self)


class MapBatchesOperator(Operator):
    """Calls the function with each batch."""

    def __init__(self, spec: MapBatches) -> None:
        self.spec = spec
        self._opened: list[Any] = []

    def open(self, context: OperatorContext) -> None:
        """Open the function."""
        super().open(context)
        name = self.spec.name or context.name
        self._site = CallSite("map_batches", name, None, self.spec.function)
        self._opened.append(self.spec.function)
        open_function(self.spec.function, RuntimeContext(context, name))

    def process_batch(self, batch: Batch, input_index: int = 0) -> None:
        """Hand the batch over in the form that is wanted, and emit what comes back as rows."""
        assert isinstance(batch, RowBatch)
        if not batch.values:
            return
        bare = field_names(batch.values[0]) is None and not isinstance(batch.values[0], Row | tuple | list)
        given = _to_form(batch.values, self.spec.form, bare, self._site.name)
        try:
            results = self.spec.function(given)
        except Exception as error:
            code = type(self).process_batch.__code__
            raise_user_error(error, self.context, code, self._site, f"a batch that begins with {batch.values[0]!r}")
        values = _to_values(results, bare, self._site.name)
        if values:
            self.output.collect(RowBatch(values, self._times(batch.timestamps, len(values))))

    def close(self) -> None:
        """Close the function."""
        close_functions(self._opened)

    def _times(self, times: list[int] | None, count: int) -> list[int] | None:
        """Row for row where as many come back as went in; else all have the newest."""
        if times is None or not self.context.reads_timestamps:
            return None
        return times if len(times) == count else [max(times)] * count


def _to_form(values: list[Any], form: BatchForm, bare: bool, name: str) -> Any:
    if form is BatchForm.LIST:
        return values
    if form is BatchForm.NUMPY:
        import numpy as np

        return np.asarray(values)
    import pyarrow as pa

    data = pa.record_batch([pa.array(values)], [BARE]) if bare else to_record_batch(RowBatch(values), None, name)
    if form is BatchForm.RECORD_BATCH:
        return data
    table = pa.Table.from_batches([data])
    if form is BatchForm.PANDAS:
        return table.to_pandas()
    if form is BatchForm.POLARS:
        import polars

        return polars.from_arrow(table)
    return table


def _to_values(results: Any, bare: bool, name: str) -> list[Any]:
    if results is None:
        return []
    if isinstance(results, list):
        return results
    kind = type(results)
    found = (kind.__module__.partition(".")[0], kind.__name__)
    if found == BatchForm.NUMPY.value:
        made = results.tolist()
        return made if results.ndim == 1 else [tuple(row) for row in made]
    if found == BatchForm.PANDAS.value:
        import pyarrow as pa

        results = pa.Table.from_pandas(results, preserve_index=False)
    elif found == BatchForm.POLARS.value:
        results = results.to_arrow()
    if found in (BatchForm.TABLE.value, BatchForm.PANDAS.value, BatchForm.POLARS.value):
        results = results.to_batches()
    elif found == BatchForm.RECORD_BATCH.value:
        results = [results]
    elif not isinstance(results, Iterable) or isinstance(results, str | bytes | dict):
        raise UserError(
            f"{name}: the function gave a {kind.__name__}; give a record batch, a data frame, an array or a list"
        )
    else:
        return list(results)
    if bare and all(batch.schema.names == [BARE] for batch in results):
        return [value for batch in results for value in batch.column(0).to_pylist()]
    return [row for batch in results for row in to_row_values(batch)]
