"""Physical plan to transformations: what the graph floor plans and the cluster runs."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from levada.common.errors import InternalError, SqlError
from levada.connectors.arrow import ArrowSource
from levada.connectors.base import Boundedness, Sink
from levada.graph.partitioner import Forward, Global, KeyByColumns, Partitioner
from levada.graph.transformation import Input, SinkSpec, SourceSpec, Transformation
from levada.operators.base import OperatorSpec
from levada.operators.columnar import AggregateCall, Calc, ColumnsToRows, GroupAggregate
from levada.operators.columnar.final_aggregate import FinalAggregate
from levada.operators.columnar.not_null import NotNull
from levada.sql import explain
from levada.sql.catalog import CatalogTable
from levada.sql.connectors import StreamSource, scan_source
from levada.sql.logical.expressions import Expression, Ref
from levada.sql.logical.nodes import identity
from levada.sql.lowering import lower
from levada.sql.physical import nodes
from levada.sql.types.arrow import to_arrow, to_arrow_schema
from levada.state.columnar.arrays import array_of


@dataclass(frozen=True, slots=True)
class MiniBatch:
    """``table.exec.mini-batch.*``: how many rows, or how long, changes are gathered before they are sent on."""

    size: int
    latency_ms: int


@dataclass(slots=True)
class Translation:
    """Builds the transformations of one or more plans; inputs come before their readers in ``transformations``."""

    batch: bool = False
    mini_batch: MiniBatch | None = None
    transformations: list[Transformation] = field(default_factory=list)
    _done: dict[int, _Stream] = field(default_factory=dict)

    def add(self, plan: nodes.Sink, sink: Sink, name: str) -> Transformation:
        """Translate a plan; its rows go into ``sink``."""
        stream = self._checked(plan.input, plan.table)
        inputs = tuple(Input(each) for each in stream.transformations)
        return self._new("sink", name, SinkSpec(sink), inputs, stream.parallelism)

    def rows(self, plan: nodes.Sink, name: str, target: CatalogTable | None = None) -> Transformation:
        """Translate a plan; its rows become Python objects, ``Row`` with a kind each, of the target's columns."""
        stream = self._checked(plan.input, target)
        inputs = tuple(Input(each) for each in stream.transformations)
        return self._new("columns-to-rows", name, ColumnsToRows(), inputs, stream.parallelism)

    def _checked(self, node: nodes.Node, target: CatalogTable | None) -> _Stream:
        """The rows of a node, without NULL where the target allows none."""
        stream = self._stream(node)
        if target is None:
            return stream
        pairs = enumerate(zip(node.row_type.fields, target.physical_type.fields, strict=True))
        columns = tuple(
            at for at, (given, wanted) in pairs if given.data_type.is_nullable and not wanted.data_type.is_nullable
        )
        if not columns:
            return stream
        names = ", ".join(node.row_type.fields[at].name for at in columns)
        inputs = tuple(Input(each) for each in stream.transformations)
        spec = NotNull(target.name, columns)
        name = f"ConstraintEnforcer[NotNullEnforcer(fields=[{names}])]"
        return stream.then(self._new("not-null", name, spec, inputs, stream.parallelism))

    def _stream(self, node: nodes.Node) -> _Stream:
        known = self._done.get(id(node))
        if known is None:
            known = self._done[id(node)] = self._translate(node)
        return known

    def _translate(self, node: nodes.Node) -> _Stream:
        match node:
            case nodes.TableScan():
                return self._scan(node)
            case nodes.Values():
                return self._values(node)
            case nodes.Calc():
                below = self._stream(node.input)
                spec = Calc(
                    tuple(lower(expression) for expression in node.expressions),
                    to_arrow_schema(node.row_type),
                    None if node.condition is None else lower(node.condition),
                )
                return below.then(self._operator("calc", "Calc", spec, below, Forward(), node))
            case nodes.GroupAggregate():
                return self._aggregate(node)
            case nodes.Union():
                return _united(node, [self._stream(each) for each in node.inputs])
            case _:
                raise InternalError(f"no operator for {type(node).__name__}")

    def _scan(self, node: nodes.TableScan) -> _Stream:
        if isinstance(node.table.source, StreamSource):
            return self._stream_scan(node, node.table.source)
        scan = scan_source(node.table, node.row_type)
        if self.batch and scan.source.boundedness is not Boundedness.BOUNDED:
            raise _endless(f"table `{node.table.name}`")
        source = self._new("source", f"Source: {node.table.name}", SourceSpec(scan.source), (), scan.parallelism)
        stream = _Stream((source,), scan.parallelism)
        if scan.row_type == node.row_type:
            return stream
        given = dict(zip(scan.row_type.field_names(), identity(scan.row_type), strict=True))
        wanted = [given[name] for name in node.row_type.field_names()]
        spec = Calc(tuple(lower(column) for column in wanted), to_arrow_schema(node.row_type))
        return stream.then(self._operator("calc", "Calc", spec, stream, Forward(), node))

    def _stream_scan(self, node: nodes.TableScan, source: StreamSource) -> _Stream:
        endless = source.endless() if self.batch else None
        if endless is not None:
            raise _endless(f"the source {endless!r} of table `{node.table.name}`")
        parallelism = source.parallelism
        name = f"Table: {node.table.name}"
        made = self._new("rows-to-columns", name, source.columns(node.row_type), source.inputs, parallelism)
        return _Stream((made,), parallelism)

    def _values(self, node: nodes.Values) -> _Stream:
        schema = to_arrow_schema(node.row_type)
        columns = zip(*[[literal.value for literal in row] for row in node.rows], strict=True)
        arrays = [array_of(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
        batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
        source = self._new("source", "Values", SourceSpec(ArrowSource((batch,), schema)), (), 1)
        return _Stream((source,), 1)

    def _aggregate(self, node: nodes.GroupAggregate) -> _Stream:
        exchange = node.input
        if not isinstance(exchange, nodes.Exchange):
            raise InternalError("an aggregation without its exchange")
        if not exchange.mode.insert_only:
            raise SqlError("not supported yet: an aggregation over rows that change (an aggregation of an aggregation)")
        below = self._stream(exchange.input)
        partitioner: Partitioner = KeyByColumns(node.keys) if node.keys else Global()
        spec = self._aggregate_spec(node)
        parallelism = None if node.keys else 1
        inputs = tuple(Input(each, partitioner) for each in below.transformations)
        made = self._new("group-aggregate", "GroupAggregate", spec, inputs, parallelism)
        made.stateful = True
        made.description = explain.physical_text(node).split("\n", 1)[0]
        return _Stream((made,), parallelism)

    def _aggregate_spec(self, node: nodes.GroupAggregate) -> GroupAggregate | FinalAggregate:
        calls = tuple(AggregateCall(call.function.lower(), *_argument(call.argument)) for call in node.calls)
        schema = to_arrow_schema(node.row_type)
        if node.final_only:
            return FinalAggregate(GroupAggregate(node.keys, calls, schema), None if node.keys else _empty_answer(node))
        if self.mini_batch is None or not calls:
            return GroupAggregate(node.keys, calls, schema, generate_update_before=node.mode.update_before)
        gathered = self.mini_batch
        return GroupAggregate(
            node.keys, calls, schema, True, gathered.size, gathered.latency_ms, node.mode.update_before
        )

    def _operator(
        self, kind: str, name: str, spec: OperatorSpec, below: _Stream, how: Partitioner, node: nodes.Node
    ) -> Transformation:
        inputs = tuple(Input(each, how) for each in below.transformations)
        made = self._new(kind, name, spec, inputs, below.parallelism)
        made.description = explain.physical_text(node).split("\n", 1)[0]
        return made

    def _new(
        self,
        kind: str,
        name: str,
        spec: OperatorSpec | SourceSpec | SinkSpec,
        inputs: tuple[Input, ...],
        parallelism: int | None,
    ) -> Transformation:
        made = Transformation(kind, name, spec, inputs, parallelism=parallelism)
        self.transformations.append(made)
        return made


@dataclass(frozen=True, slots=True)
class _Stream:
    """Transformations whose rows together are a node's; ``parallelism`` None is the job's.

    Rows that change must keep their order: behind a single subtask there is one until the next exchange by key.
    """

    transformations: tuple[Transformation, ...]
    parallelism: int | None

    def then(self, made: Transformation) -> _Stream:
        """The stream behind one more operator."""
        return _Stream((made,), self.parallelism)


def _endless(what: str) -> SqlError:
    return SqlError(
        f"{what} has no end, so batch mode would never give a result; bound it, or use "
        "EnvironmentSettings.in_streaming_mode()"
    )


def _empty_answer(node: nodes.GroupAggregate) -> pa.RecordBatch:
    """The row of a global aggregate over nothing: counts are 0, all else is NULL."""
    schema = to_arrow_schema(node.row_type)
    values = [0 if call.function == "COUNT" else None for call in node.calls]
    arrays = [array_of([value], kind) for value, kind in zip(values, schema.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _united(node: nodes.Union, streams: list[_Stream]) -> _Stream:
    together = tuple(each for stream in streams for each in stream.transformations)
    widths = {stream.parallelism for stream in streams}
    if len(widths) == 1:
        return _Stream(together, widths.pop())
    return _Stream(together, None if node.mode.insert_only else 1)


def _argument(argument: Expression | None) -> tuple[int | None, pa.DataType | None]:
    if argument is None:
        return None, None
    if not isinstance(argument, Ref):
        raise InternalError(f"the argument {argument} of an aggregate is no column")
    return argument.index, to_arrow(argument.data_type)
