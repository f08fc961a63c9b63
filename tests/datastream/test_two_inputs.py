"""Connected streams, broadcast state, joins and partitioners through the public API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from levada.common import Duration, OutputTag, Time, Types, WatermarkStrategy
from levada.common.errors import JobBuildError, StateError, UserError, UserFunctionError
from levada.datastream import (
    BroadcastProcessFunction,
    BroadcastStream,
    CoFlatMapFunction,
    CoGroupFunction,
    CoMapFunction,
    ConnectedStreams,
    CoProcessFunction,
    DataStream,
    FlatJoinFunction,
    JoinFunction,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    Partitioner,
    ProcessJoinFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from levada.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor
from levada.datastream.window import CountEvictor, CountTrigger, EventTimeSessionWindows, TumblingEventTimeWindows
from levada.graph.plan import plan

RULES = MapStateDescriptor("rules", Types.STRING(), Types.INT())
LATE: OutputTag[Any] = OutputTag("late")
both_parallelisms = pytest.mark.parametrize("env", [1, 3], indirect=True)


@pytest.fixture
def env(request: pytest.FixtureRequest) -> StreamExecutionEnvironment:
    return environment(getattr(request, "param", 1))


def environment(parallelism: int) -> StreamExecutionEnvironment:
    made = StreamExecutionEnvironment.get_execution_environment()
    made.set_parallelism(parallelism)
    made.get_configuration().set_string("levada.state.detect-mutations", "true")
    return made


def key(row: Any) -> Any:
    return row[0]


def timed(env: StreamExecutionEnvironment, rows: list[Any]) -> DataStream[Any]:
    """Rows (key, time, ...) with their times; the watermark comes when the stream ends, so nothing is late."""
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(days=1)).with_timestamp_assigner(
        lambda row, _: row[1]
    )
    return env.from_collection(rows).assign_timestamps_and_watermarks(strategy)


LEFT = [("a", 1, "l1"), ("b", 2, "l2"), ("a", 12, "l3"), ("c", 13, "l4")]
RIGHT = [("a", 3, "r1"), ("b", 11, "r2"), ("a", 15, "r3"), ("a", 18, "r4"), ("d", 1, "r5")]


# --- connected streams -----------------------------------------------------------------------------------------------


class Sides(CoMapFunction[Any, Any, str]):
    def map1(self, value: Any) -> str:
        return f"1:{value[2]}"

    def map2(self, value: Any) -> str | None:
        return None if value[0] == "d" else f"2:{value[2]}"


class Twice(CoFlatMapFunction[Any, Any, str]):
    def flat_map1(self, value: Any) -> Iterator[str]:
        yield value[2]
        yield value[2]

    def flat_map2(self, value: Any) -> list[str] | None:
        return None


class Stamps(CoProcessFunction[Any, Any, Any]):
    def process_element1(self, value: Any, ctx: CoProcessFunction.Context) -> Iterator[Any]:
        yield value[2], ctx.timestamp()

    def process_element2(self, value: Any, ctx: CoProcessFunction.Context) -> Iterator[Any]:
        yield LATE, value[2]


@both_parallelisms
def test_one_function_sees_both_streams(env: StreamExecutionEnvironment) -> None:
    connected = timed(env, LEFT).connect(timed(env, RIGHT))
    mapped = connected.map(Sides())
    assert mapped.get_type() == Types.STRING()
    assert sorted(mapped) == ["1:l1", "1:l2", "1:l3", "1:l4", "2:r1", "2:r2", "2:r3", "2:r4"]
    assert sorted(connected.flat_map(Twice())) == ["l1", "l1", "l2", "l2", "l3", "l3", "l4", "l4"]
    processed = connected.process(Stamps())
    assert sorted(processed) == [("l1", 1), ("l2", 2), ("l3", 12), ("l4", 13)]
    assert sorted(processed.get_side_output(LATE)) == ["r1", "r2", "r3", "r4", "r5"]
    assert sorted(connected.map((lambda row: row[0], lambda row: row[2]))) == sorted(
        ["r1", "r2", "r3", "r4", "r5", *"abac"]
    )


class Matching(KeyedCoProcessFunction[str, Any, Any, Any]):
    """Counts both sides per key; tells both at the end, by a timer."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.counts = runtime_context.get_list_state(ListStateDescriptor("counts", Types.INT()))

    def process_element1(self, value: Any, ctx: KeyedCoProcessFunction.Context[str]) -> None:
        self.counts.add(1)
        ctx.timer_service().register_event_time_timer(1000)

    def process_element2(self, value: Any, ctx: KeyedCoProcessFunction.Context[str]) -> None:
        self.counts.add(2)
        ctx.timer_service().register_event_time_timer(1000)

    def on_timer(self, timestamp: int, ctx: KeyedCoProcessFunction.OnTimerContext[str]) -> Iterator[Any]:
        yield ctx.get_current_key(), sorted(self.counts.get())


@both_parallelisms
def test_keyed_streams_share_state_and_timers_of_a_key(env: StreamExecutionEnvironment) -> None:
    left, right = timed(env, LEFT), timed(env, RIGHT)
    expected = [("a", [1, 1, 2, 2, 2]), ("b", [1, 2]), ("c", [1]), ("d", [2])]
    assert sorted(left.connect(right).key_by(key, key).process(Matching())) == expected
    assert sorted(left.key_by(key).connect(right.key_by(key)).process(Matching())) == expected


class CountingMap(CoMapFunction[Any, Any, Any]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def map1(self, value: Any) -> Any:
        self.count.update((self.count.value() or 0) + 1)
        return value[0], self.count.value()

    map2 = map1


@both_parallelisms
def test_co_maps_of_keyed_streams_may_use_state(env: StreamExecutionEnvironment) -> None:
    counted = timed(env, LEFT).key_by(key).connect(timed(env, RIGHT).key_by(key)).map(CountingMap())
    assert sorted(counted) == [("a", 1), ("a", 2), ("a", 3), ("a", 4), ("a", 5), ("b", 1), ("b", 2), ("c", 1), ("d", 1)]


@both_parallelisms
def test_unions_may_be_connected(env: StreamExecutionEnvironment) -> None:
    one = timed(env, LEFT).union(timed(env, LEFT[:1]))
    assert Counter(one.connect(timed(env, RIGHT).union(timed(env, RIGHT[:1]))).map(Sides())) == Counter(
        ["1:l1", "1:l1", "1:l2", "1:l3", "1:l4", "2:r1", "2:r1", "2:r2", "2:r3", "2:r4"]
    )


def test_functions_that_do_not_fit_are_refused(env: StreamExecutionEnvironment) -> None:
    left, right = timed(env, LEFT), timed(env, RIGHT)
    connected = left.connect(right)
    with pytest.raises(JobBuildError, match=r"not both keyed; call key_by\(key_selector1, key_selector2\)"):
        connected.process(Matching())
    with pytest.raises(JobBuildError, match="pass a pair of callables, or an object with methods map1 and map2"):
        connected.map(lambda value: value)  # type: ignore[arg-type]
    with pytest.raises(JobBuildError, match="a pair of callables is wanted"):
        connected.map((key, key, key))  # type: ignore[arg-type]
    with pytest.raises(JobBuildError, match=r"a CoFlatMapFunction goes into connect\(other\).flat_map"):
        connected.map(Twice())  # type: ignore[arg-type]
    with pytest.raises(JobBuildError, match="Sides is a class"):
        connected.map(Sides)  # type: ignore[arg-type]
    with pytest.raises(JobBuildError, match="two environments"):
        left.connect(timed(environment(1), RIGHT))
    with pytest.raises(JobBuildError, match="is not a DataStream"):
        ConnectedStreams(left, [1, 2])  # type: ignore[arg-type]


def test_an_error_names_operator_and_input(env: StreamExecutionEnvironment) -> None:
    broken = timed(env, LEFT).connect(timed(env, RIGHT)).map((key, lambda row: 1 // 0)).name("beside")
    with pytest.raises(UserFunctionError, match=r"operator 'beside'.*record of input 2: \('a', 3, 'r1'\)"):
        list(broken)


# --- broadcast state -------------------------------------------------------------------------------------------------


class Enough(BroadcastProcessFunction[Any, Any, Any]):
    """Tells every subtask's rules at the end of them; lets nothing else out."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.subtask = runtime_context.get_index_of_this_subtask()

    def process_element(self, value: Any, ctx: BroadcastProcessFunction.ReadOnlyContext) -> Iterator[Any]:
        yield "seen", value

    def process_broadcast_element(self, value: Any, ctx: BroadcastProcessFunction.Context) -> Iterator[Any]:
        state = ctx.get_broadcast_state(RULES)
        state.put(*value)
        if len(list(state)) == 3:
            yield self.subtask, sorted(state.items())


@both_parallelisms
def test_every_subtask_gets_the_broadcast_records(env: StreamExecutionEnvironment) -> None:
    rules = env.from_collection([("a", 1), ("b", 2), ("c", 3)]).broadcast(RULES)
    assert isinstance(rules, BroadcastStream)
    told = list(env.from_collection([1, 2]).connect(rules).process(Enough()))
    expected = [(subtask, [("a", 1), ("b", 2), ("c", 3)]) for subtask in range(env.get_parallelism())]
    assert sorted(row for row in told if row[0] != "seen") == expected
    assert sorted(row for row in told if row[0] == "seen") == [("seen", 1), ("seen", 2)]


class Threshold(KeyedBroadcastProcessFunction[str, Any, Any, Any]):
    """Sums per key; at the end tells sums above the rule of the key."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.sum = runtime_context.get_state(ValueStateDescriptor("sum", Types.INT()))

    def process_element(self, value: Any, ctx: KeyedBroadcastProcessFunction.ReadOnlyContext[str]) -> None:
        self.sum.update((self.sum.value() or 0) + value[1])
        ctx.timer_service().register_event_time_timer(10_000)

    def process_broadcast_element(self, value: Any, ctx: KeyedBroadcastProcessFunction.Context) -> None:
        ctx.get_broadcast_state(RULES).put(*value)

    def on_timer(self, timestamp: int, ctx: KeyedBroadcastProcessFunction.OnTimerContext[str]) -> Iterator[Any]:
        rule = ctx.get_broadcast_state(RULES).get(ctx.get_current_key())
        if rule is not None and (self.sum.value() or 0) > rule:
            yield ctx.get_current_key(), self.sum.value(), ctx.time_domain().name


@both_parallelisms
def test_rules_beside_a_keyed_stream(env: StreamExecutionEnvironment) -> None:
    rules = timed(env, [("a", 10), ("b", 1), ("c", 99)]).broadcast(RULES)
    result = timed(env, LEFT).key_by(key).connect(rules).process(Threshold())
    assert sorted(result) == [("a", 13, "EVENT_TIME"), ("b", 2, "EVENT_TIME")]


def test_what_does_not_fit_a_broadcast_stream_is_refused(env: StreamExecutionEnvironment) -> None:
    left = timed(env, LEFT)
    rules = timed(env, RIGHT).broadcast(RULES)
    with pytest.raises(JobBuildError, match="with keys: Enough is a Enough, but wanted is a KeyedBroadcast"):
        left.key_by(key).connect(rules).process(Enough())
    with pytest.raises(JobBuildError, match="without keys: Threshold"):
        left.connect(rules).process(Threshold())
    with pytest.raises(JobBuildError, match="a plain callable, but wanted is a BroadcastProcessFunction"):
        left.connect(rules).process(lambda value, ctx: [])  # type: ignore[arg-type]
    with pytest.raises(JobBuildError, match="broadcast state is a map"):
        left.broadcast(ValueStateDescriptor("x", int))  # type: ignore[arg-type]
    with pytest.raises(JobBuildError, match="two states are named 'rules'"):
        left.broadcast(RULES, RULES)


def test_keyed_state_is_not_there_for_broadcast_records(env: StreamExecutionEnvironment) -> None:
    class Wrong(Threshold):
        def process_broadcast_element(self, value: Any, ctx: KeyedBroadcastProcessFunction.Context) -> None:
            self.sum.update(1)

    rules = timed(env, [("a", 10)]).broadcast(RULES)
    with pytest.raises(StateError, match="a broadcast record has no key"):
        list(timed(env, LEFT).key_by(key).connect(rules).process(Wrong()))


# --- window joins and coGroups ---------------------------------------------------------------------------------------

TEN = TumblingEventTimeWindows.of(Time.milliseconds(10))


class Pair(JoinFunction[Any, Any, tuple[str, str]]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.opened = True

    def join(self, first: Any, second: Any) -> tuple[str, str]:
        assert self.opened
        return first[2], second[2]


class Pairs(FlatJoinFunction[Any, Any, tuple[str, str]]):
    def join(self, first: Any, second: Any) -> Iterator[tuple[str, str]]:
        if second[2] != "r3":
            yield first[2], second[2]
            yield second[2], first[2]


class Beside(CoGroupFunction[Any, Any, Any]):
    def co_group(self, first: list[Any], second: list[Any]) -> Iterator[Any]:
        yield [row[2] for row in first], sorted(row[2] for row in second)


@both_parallelisms
def test_window_joins_give_all_pairs_of_a_key_and_window(env: StreamExecutionEnvironment) -> None:
    windows = timed(env, LEFT).join(timed(env, RIGHT)).where(key).equal_to(key).window(TEN)
    joined = windows.apply(Pair())
    assert sorted(joined) == [("l1", "r1"), ("l3", "r3"), ("l3", "r4")]
    assert joined.get_type() == Types.TUPLE([Types.STRING(), Types.STRING()])
    assert sorted(windows.apply(Pairs())) == [("l1", "r1"), ("l3", "r4"), ("r1", "l1"), ("r4", "l3")]
    assert sorted(windows.apply(lambda one, two: one[2] + two[2])) == ["l1r1", "l3r3", "l3r4"]

    def some(one: Any, two: Any) -> Iterator[str]:
        yield one[2]

    assert sorted(windows.apply(some)) == ["l1", "l3", "l3"]


def test_a_pairs_time_is_the_end_of_its_window(env: StreamExecutionEnvironment) -> None:
    joined = timed(env, LEFT).join(timed(env, RIGHT)).where(key).equal_to(key).window(TEN).apply(Pair())
    assert sorted(joined.connect(joined).process(TimesOnly())) == [9, 9, 19, 19, 19, 19]


class TimesOnly(CoProcessFunction[Any, Any, int]):
    def process_element1(self, value: Any, ctx: CoProcessFunction.Context) -> Iterator[int]:
        yield ctx.timestamp()

    process_element2 = process_element1


@both_parallelisms
def test_co_groups_see_sides_without_partner_too(env: StreamExecutionEnvironment) -> None:
    windows = timed(env, LEFT).co_group(timed(env, RIGHT)).where(key).equal_to(key).window(TEN)
    assert sorted(windows.apply(Beside())) == [
        ([], ["r2"]),
        ([], ["r5"]),
        (["l1"], ["r1"]),
        (["l2"], []),
        (["l3"], ["r3", "r4"]),
        (["l4"], []),
    ]


ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40), st.integers()), max_size=12)


@settings(max_examples=15, deadline=None)
@given(ROWS, ROWS, st.sampled_from([1, 3]))
def test_window_joins_make_the_models_pairs(left: list[Any], right: list[Any], parallelism: int) -> None:
    env = environment(parallelism)
    streams = timed(env, left or [("z", 0, 0)]), timed(env, right or [("y", 0, 0)])
    expected = Counter((a, b) for a in left for b in right if (a[0], a[1] // 10) == (b[0], b[1] // 10))
    windows = streams[0].join(streams[1]).where(key).equal_to(key).window(TEN)
    assert Counter(windows.apply(lambda a, b: (a, b))) == expected


def test_join_windows_take_triggers_sessions_and_lateness(env: StreamExecutionEnvironment) -> None:
    left, right = timed(env, LEFT), timed(env, RIGHT)
    keyed = left.join(right).where(key).equal_to(key)
    sessions = keyed.window(EventTimeSessionWindows.with_gap(Time.milliseconds(6)))
    assert sorted(sessions.allowed_lateness(Duration.of_millis(5)).apply(Pair())) == [
        ("l1", "r1"),
        ("l3", "r3"),
        ("l3", "r4"),
    ]
    counted = left.co_group(right).where(key).equal_to(key).window(TEN).trigger(CountTrigger.of(2))
    assert ([], ["r2"]) not in list(counted.apply(Beside()))
    last = left.co_group(right).where(key).equal_to(key).window(TEN).evictor(CountEvictor.of(1))
    assert sorted(len(one) + len(two) for one, two in last.apply(lambda one, two: [(one, two)])) == [1] * 6


def test_joins_that_are_not_finished_are_refused(env: StreamExecutionEnvironment) -> None:
    joined = timed(env, LEFT).join(timed(env, RIGHT))
    with pytest.raises(JobBuildError, match=r"write join\(other\).where\(k1\).equal_to\(k2\)"):
        joined.window(TEN)
    with pytest.raises(JobBuildError, match="equal_to"):
        joined.equal_to(key)
    complete = joined.where(key).equal_to(key).window(TEN)
    with pytest.raises(JobBuildError, match="a CoGroupFunction goes into co_group"):
        complete.apply(Beside())  # type: ignore[arg-type]
    with pytest.raises(JobBuildError, match="cannot be called with 2 arguments"):
        complete.apply(key)  # type: ignore[arg-type]


def test_an_error_in_a_join_names_the_function(env: StreamExecutionEnvironment) -> None:
    class Broken(Pair):
        def join(self, first: Any, second: Any) -> tuple[str, str]:
            raise ValueError("no")

    windows = timed(env, LEFT).join(timed(env, RIGHT)).where(key).equal_to(key).window(TEN)
    with pytest.raises(UserFunctionError, match=r"join function .*Broken.*ValueError: no"):
        list(windows.apply(Broken()))


# --- interval joins --------------------------------------------------------------------------------------------------


class Between(ProcessJoinFunction[Any, Any, Any]):
    def process_element(self, left: Any, right: Any, ctx: ProcessJoinFunction.Context) -> Iterator[Any]:
        yield left[2], right[2], ctx.get_timestamp()


@both_parallelisms
@pytest.mark.parametrize(
    ("exclusive", "expected"),
    [
        ("", [("l1", "r1", 3), ("l3", "r3", 15), ("l3", "r4", 18)]),
        ("lower", [("l3", "r3", 15), ("l3", "r4", 18)]),
        ("upper", [("l1", "r1", 3), ("l3", "r3", 15)]),
    ],
)
def test_interval_joins(env: StreamExecutionEnvironment, exclusive: str, expected: list[Any]) -> None:
    left, right = timed(env, LEFT).key_by(key), timed(env, RIGHT).key_by(key)
    joined = left.interval_join(right).in_event_time().between(timedelta(milliseconds=2), Time.milliseconds(6))
    if exclusive == "lower":
        joined.lower_bound_exclusive()
    if exclusive == "upper":
        joined.upper_bound_exclusive()
    assert sorted(joined.process(Between())) == expected


def test_late_records_of_an_interval_join_go_aside(env: StreamExecutionEnvironment) -> None:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(lambda row, _: row[1])
    env.get_configuration().set_string("levada.watermark.every-records", "1")
    rows = [("a", 100, "l1"), ("a", 200, "l2"), ("a", 5, "late")]
    one = env.from_collection(rows).assign_timestamps_and_watermarks(strategy).key_by(key)
    two = env.from_collection([("a", 300, "r")]).assign_timestamps_and_watermarks(strategy).key_by(key)
    joined = one.interval_join(two).between(timedelta(0), timedelta(seconds=1))
    result = joined.side_output_left_late_data(LATE).side_output_right_late_data(OutputTag("other")).process(Between())
    # Which of the two streams is faster decides whether the record is late; it takes effect once either way.
    seen = result.map(lambda row: row[0]).union(result.get_side_output(LATE).map(lambda row: row[2]))
    assert sorted(seen) == ["l1", "l2", "late"]


def test_interval_joins_that_cannot_be_are_refused(env: StreamExecutionEnvironment) -> None:
    left, right = timed(env, LEFT).key_by(key), timed(env, RIGHT).key_by(key)
    second = timedelta(seconds=1)
    with pytest.raises(JobBuildError, match="both streams must be keyed"):
        left.interval_join(timed(env, RIGHT))  # type: ignore[arg-type]
    with pytest.raises(JobBuildError, match="the lower bound is above the upper one"):
        left.interval_join(right).between(second, -second)
    with pytest.raises(JobBuildError, match="is not a length of time"):
        left.interval_join(right).between(5, 6)  # type: ignore[arg-type]
    with pytest.raises(JobBuildError, match="exclusive bounds leave nothing"):
        left.interval_join(right).between(second, second).lower_bound_exclusive().process(Between())
    with pytest.raises(JobBuildError, match="go by event time"):
        left.interval_join(right).in_processing_time()
    with pytest.raises(JobBuildError, match="pass an OutputTag"):
        left.interval_join(right).between(second, second).side_output_left_late_data("late")  # type: ignore[arg-type]


# --- partitioners and settings ---------------------------------------------------------------------------------------


class Where(CoMapFunction[Any, Any, Any]):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.subtask = runtime_context.get_index_of_this_subtask()

    def map1(self, value: Any) -> Any:
        return value, self.subtask

    map2 = map1


class Modulo(Partitioner[int]):
    def partition(self, key: int, num_partitions: int) -> int:
        return key % num_partitions


@pytest.mark.parametrize("partitioner", [Modulo(), lambda key, partitions: key % partitions])
def test_a_partitioner_of_ones_own_places_every_record(partitioner: Any) -> None:
    env = environment(3)
    numbers = env.from_collection(list(range(100)))
    placed = numbers.partition_custom(partitioner, lambda number: number // 2)
    assert sorted(placed.connect(placed).map(Where())) == sorted(
        [(number, number // 2 % 3) for number in range(100)] * 2
    )


@pytest.mark.parametrize("answer", [3, -1, None, "0"])
def test_a_partition_that_is_not_there_is_told(answer: Any) -> None:
    placed = environment(3).from_collection([7]).partition_custom(lambda key, partitions: answer, lambda value: "k")
    with pytest.raises(UserError, match=r"gave .* for the key 'k' and 3 partitions.*Record: 7"):
        list(placed.connect(placed).map(Where()))


def test_an_error_in_a_partitioner_names_the_record() -> None:
    placed = environment(3).from_collection([7]).partition_custom(lambda key, partitions: 1 // 0, lambda value: "k")
    with pytest.raises(UserFunctionError, match=r"partition_custom function .*ZeroDivisionError.*record: 7"):
        list(placed.connect(placed).map(Where()))


def test_shuffle_and_rescale_lose_nothing() -> None:
    env = environment(3)
    numbers = env.from_collection(list(range(1000)))
    for spread in (numbers.shuffle(), numbers.rescale()):
        placed = list(spread.connect(spread).map(Where()))
        assert Counter(number for number, _ in placed) == Counter(list(range(1000)) * 2)
    drawn = Counter(subtask for _, subtask in numbers.shuffle().connect(numbers.shuffle()).map(Where()))
    assert min(drawn.values()) > 500


def test_settings_of_operators(env: StreamExecutionEnvironment) -> None:
    class Group:
        def get_name(self) -> str:
            return "heavy"

    stream = env.from_collection([1]).map(lambda number: number)
    same = stream.set_uid_hash("map-0123").slot_sharing_group("light").set_buffer_timeout(10).set_buffer_timeout(-1)
    assert same is stream
    own = stream._own("")
    assert (own.uid, own.slot_sharing_group) == ("map-0123", "light")
    sink = stream.print().slot_sharing_group(Group()).set_uid_hash("sink-0123")
    assert sink._own("").slot_sharing_group == "heavy"
    from levada.datastream.execution import logical_graph

    job = plan(logical_graph(env._pending, env._known, "settings"), env.get_configuration())
    assert {node.uid for stage in job.stages for node in stage.nodes} >= {"map-0123", "sink-0123"}
    with pytest.raises(JobBuildError, match="set_uid_hash"):
        stream.set_uid_hash("")
    with pytest.raises(JobBuildError, match="set_buffer_timeout"):
        stream.set_buffer_timeout(-2)


def test_uids_do_not_depend_on_parallelism() -> None:
    def uids(parallelism: int) -> list[str]:
        env = environment(parallelism)
        left, right = timed(env, LEFT), timed(env, RIGHT)
        left.key_by(key).connect(right.key_by(key)).process(Matching()).print()
        left.join(right).where(key).equal_to(key).window(TEN).apply(Pair()).print()
        left.key_by(key).connect(right.broadcast(RULES)).process(Threshold()).print()
        from levada.datastream.execution import logical_graph

        job = plan(logical_graph(env._pending, env._known, "uids"), env.get_configuration())
        return sorted(node.uid for stage in job.stages for node in stage.nodes if node.stateful)

    assert uids(1) == uids(3)


def test_process_functions_of_one_stream_are_no_co_functions(env: StreamExecutionEnvironment) -> None:
    class One(KeyedProcessFunction[str, Any, Any]):
        def process_element(self, value: Any, ctx: KeyedProcessFunction.Context[str]) -> None:
            return None

    with pytest.raises(JobBuildError, match="a KeyedProcessFunction goes into"):
        timed(env, LEFT).connect(timed(env, RIGHT)).process(One())  # type: ignore[arg-type]
