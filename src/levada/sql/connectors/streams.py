"""Tables that are streams of the same job: their rows become columns where a query reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from levada.connectors.base import Boundedness
from levada.graph.partitioner import Forward
from levada.graph.transformation import Input, SourceSpec, Transformation
from levada.operators.columnar import RowsToColumns
from levada.sql.types import RowType
from levada.sql.types.arrow import to_arrow_schema


@dataclass(frozen=True, eq=False)
class StreamSource:
    """The stream behind ``inputs``.

    Attributes
    ----------
    fields : tuple of str
        What the columns of a row are called in the table, in the row's order. Columns are found in named rows by name.
    """

    inputs: tuple[Input, ...]
    fields: tuple[str, ...]

    @property
    def parallelism(self) -> int | None:
        """That of the stream, so that rows need not change hands; None takes the job's."""
        if not all(isinstance(given.partitioner, Forward) for given in self.inputs):
            return None
        found = {given.transformation.parallelism for given in self.inputs}
        return found.pop() if len(found) == 1 else None

    def endless(self) -> str | None:
        """The name of a source above that never ends, if there is one."""
        for given in self.inputs:
            for above in upstream(given.transformation):
                spec = above.spec
                if isinstance(spec, SourceSpec) and spec.source.boundedness is Boundedness.CONTINUOUS_UNBOUNDED:
                    return above.name
        return None

    def columns(self, wanted: RowType) -> RowsToColumns:
        """The operator that makes these columns of the rows."""
        return RowsToColumns(to_arrow_schema(wanted), self.fields, insert_only=True)


def upstream(transformation: Transformation) -> Iterator[Transformation]:
    """A transformation and everything it reads, inputs first, each once."""
    seen: set[int] = set()
    waiting = [(transformation, False)]
    while waiting:
        node, inputs_given = waiting.pop()
        if inputs_given:
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            waiting.append((node, True))
            waiting += [(given.transformation, False) for given in reversed(node.inputs)]
