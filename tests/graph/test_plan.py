"""Planning: what is chained, fused and exchanged, and which uids come out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from levada.common.configuration import Configuration
from levada.common.errors import JobBuildError
from levada.datastream import DataStream, StreamExecutionEnvironment
from levada.datastream.execution import logical_graph
from levada.datastream.functions import KeyedProcessFunction
from levada.graph.job_graph import JobGraph
from levada.graph.partitioner import KeyByRows, Rebalance
from levada.graph.plan import plan
from levada.graph.transformation import LogicalGraph


class Pass(KeyedProcessFunction):
    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> list[int]:
        return [value]


def planned(build: Callable[[DataStream[int]], object], parallelism: int = 1, chaining: bool = True) -> JobGraph:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    if not chaining:
        env.disable_operator_chaining()
    build(env.from_collection([1, 2, 3]))
    config = env.get_configuration()
    return plan(logical_graph(env._pending, env._known, "job"), config)


def simple(stream: DataStream[int]) -> object:
    mapped = stream.map(lambda n: n + 1).filter(lambda n: n > 1).flat_map(lambda n: [n])
    return mapped.key_by(lambda n: n).process(Pass()).print()


def test_with_parallelism_one_the_whole_job_is_one_chain() -> None:
    graph = planned(simple)
    assert len(graph.stages) == 1
    assert graph.exchanges == []


def test_neighbouring_row_functions_become_one_loop() -> None:
    fused = planned(simple).stages[0].nodes[1]
    assert fused.kind == "rows"
    assert len(fused.members) == 3


def test_keyed_exchange_and_rebalance_appear_with_parallelism() -> None:
    graph = planned(simple, parallelism=2)
    assert [stage.parallelism for stage in graph.stages] == [1, 2, 2]
    assert [type(exchange.partitioner) for exchange in graph.exchanges] == [Rebalance, KeyByRows]


def test_uids_do_not_depend_on_parallelism_or_chaining() -> None:
    def stateful(graph: JobGraph) -> list[str]:
        return sorted(node.uid for stage in graph.stages for node in stage.nodes if node.stateful)

    first = stateful(planned(simple))
    assert first
    assert stateful(planned(simple, parallelism=3)) == first
    assert stateful(planned(simple, chaining=False)) == first


def test_a_new_operator_in_front_changes_generated_uids_but_not_given_ones() -> None:
    def with_extra(stream: DataStream[int]) -> object:
        return stream.map(lambda n: n).key_by(lambda n: n).process(Pass()).uid("mine")

    def without(stream: DataStream[int]) -> object:
        return stream.key_by(lambda n: n).process(Pass()).uid("mine")

    uids = [{node.uid for stage in planned(build).stages for node in stage.nodes} for build in (with_extra, without)]
    assert "mine" in uids[0] & uids[1]


def test_equal_uids_are_refused_with_both_names() -> None:
    def twice(stream: DataStream[int]) -> None:
        stream.map(lambda n: n).name("one").uid("same")
        stream.map(lambda n: n).name("two").uid("same")

    with pytest.raises(JobBuildError, match="'same' is given to two operators, 'one' and 'two'"):
        planned(twice)


def test_a_fan_out_is_not_fused_but_stays_in_the_chain() -> None:
    def fan(stream: DataStream[int]) -> None:
        mapped = stream.map(lambda n: n)
        mapped.map(lambda n: n).print()
        mapped.filter(lambda n: True).print()

    graph = planned(fan)
    assert len(graph.stages) == 1
    assert [node.kind for node in graph.stages[0].nodes].count("rows") == 3


def test_a_union_reads_several_exchanges() -> None:
    def union(stream: DataStream[int]) -> None:
        stream.map(lambda n: n).union(stream.filter(lambda n: True)).print()

    graph = planned(union)
    assert len(graph.exchanges) == 2


def test_parallelism_above_the_key_groups_is_refused() -> None:
    with pytest.raises(JobBuildError, match="parallelism 200 is above max parallelism 128"):
        planned(simple, parallelism=200)


def test_an_empty_job_is_refused() -> None:
    with pytest.raises(JobBuildError, match="the job is empty"):
        plan(LogicalGraph("job", []), Configuration())


def test_timestamps_are_carried_only_where_somebody_reads_them() -> None:
    nodes = planned(simple).stages[0].nodes
    assert nodes[0].forwards_timestamps
    assert not nodes[-2].forwards_timestamps


def test_explain_shows_stages_operators_and_exchanges() -> None:
    text = planned(simple, parallelism=2).explain()
    for part in ("Job 'job'", "Stage 2, parallelism 2", "=> KeyByRows to stage 2", "one loop:", "[state: "):
        assert part in text
