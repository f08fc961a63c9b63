"""The steps from text to a graph, one after the other, each kept for ``EXPLAIN``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from levada.common.configuration import Configuration
from levada.common.errors import ConfigError
from levada.common.options import MINI_BATCH, MINI_BATCH_LATENCY, MINI_BATCH_SIZE
from levada.connectors.base import Sink
from levada.graph.transformation import LogicalGraph, Transformation
from levada.sql import explain
from levada.sql.ast import queries, statements
from levada.sql.ast.expressions import Node as SyntaxNode
from levada.sql.binder import bind_insert, bind_query, fitted
from levada.sql.catalog import Catalog, CatalogTable
from levada.sql.connectors import table_sink
from levada.sql.connectors.streams import upstream
from levada.sql.logical import nodes as logical
from levada.sql.physical import PlannerSettings, infer_changelog, plan
from levada.sql.physical import nodes as physical
from levada.sql.physical.nodes import Accepts
from levada.sql.rules import optimise
from levada.sql.time_zones import in_time_zone
from levada.sql.translate import MiniBatch, Translation


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query or INSERT after every step."""

    syntax: SyntaxNode
    bound: logical.Node
    optimised: logical.Node
    physical: physical.Sink

    def explain(self) -> str:
        """All steps as text."""
        return "\n\n".join(
            f"== {title} ==\n{text}"
            for title, text in (
                ("Parsed", explain.syntax_text(self.syntax)),
                ("Logical Plan", explain.logical_text(self.bound)),
                ("Optimized Logical Plan", explain.logical_text(self.optimised)),
                ("Physical Plan", explain.physical_text(self.physical)),
            )
        )


def compile_query(
    text: str,
    query: queries.Query,
    catalog: Catalog,
    settings: PlannerSettings,
    accepts: Accepts,
    reader: str | None = None,
    target: CatalogTable | None = None,
) -> Compiled:
    """A query for a reader that takes these changes.

    Parameters
    ----------
    reader : str, optional
        The call that asks for the rows, for errors.
    target : CatalogTable, optional
        A declaration whose columns the query's are converted to.
    """
    bound = bind_query(text, catalog, query)
    if target is not None:
        bound = fitted(text, query, bound, target)
    return _compiled(query, bound, settings if reader is None else replace(settings, reader=reader), accepts)


def compile_insert(text: str, insert: statements.Insert, catalog: Catalog, settings: PlannerSettings) -> Compiled:
    """An INSERT; refused where the table's sink does not take the query's changes."""
    bound = bind_insert(text, catalog, insert)
    _, accepts = table_sink(bound.table)
    return _compiled(insert, bound, settings, accepts)


def _compiled(syntax: SyntaxNode, bound: logical.Node, settings: PlannerSettings, accepts: Accepts) -> Compiled:
    bound = in_time_zone(bound, settings.time_zone)
    if isinstance(bound, logical.Insert):
        optimised: logical.Node = logical.Insert(bound.row_type, optimise(bound.input), bound.table)
    else:
        optimised = optimise(bound)
    return Compiled(syntax, bound, optimised, infer_changelog(plan(optimised, accepts, settings)))


def to_graph(
    name: str, config: Configuration, plans: Sequence[tuple[physical.Sink, Sink]], *, batch: bool
) -> LogicalGraph:
    """One job of several plans, each with the sink its rows go into; in batch mode all input must be bounded."""
    translation = Translation(batch, mini_batch(config))
    for physical_plan, sink in plans:
        table = physical_plan.table
        translation.add(physical_plan, sink, "Sink: collect" if table is None else f"Sink: {table.name}")
    return LogicalGraph(name, _with_inputs(translation.transformations))


def _with_inputs(transformations: Sequence[Transformation]) -> list[Transformation]:
    """The transformations behind those of the streams that they read."""
    ordered: dict[int, Transformation] = {}
    for transformation in transformations:
        for each in upstream(transformation):
            ordered.setdefault(id(each), each)
    return list(ordered.values())


def mini_batch(config: Configuration) -> MiniBatch | None:
    """The mini-batch settings, or None where it is off."""
    if not config.get(MINI_BATCH):
        return None
    size = config.get(MINI_BATCH_SIZE)
    if size <= 0:
        raise ConfigError(
            f"{MINI_BATCH_SIZE.key} is {size}: with {MINI_BATCH.key} it is the number of rows to gather, such as 5000"
        )
    latency = config.get(MINI_BATCH_LATENCY)
    return MiniBatch(size, int(latency.total_seconds() * 1000))
