"""Alerts by rules that change while the job runs: every subtask keeps all rules, and each sensor its own readings.

python examples/rule_broadcast.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import levada as lv
from levada.common import WatermarkStrategy
from levada.datastream import DataStream, KeyedBroadcastProcessFunction, RuntimeContext
from levada.datastream.state import ListStateDescriptor, MapStateDescriptor


@dataclass(frozen=True, slots=True)
class Reading:
    sensor: str
    kind: str
    value: float
    time: int


@dataclass(frozen=True, slots=True)
class Rule:
    """Readings of ``kind`` above ``limit`` are worth an alert from ``since`` on; no limit takes the rule back."""

    kind: str
    limit: float | None
    since: int


@dataclass(frozen=True, slots=True)
class Alert:
    sensor: str
    value: float
    limit: float

    def __str__(self) -> str:
        return f"{self.sensor}: {self.value} is above {self.limit}"


READINGS = [
    Reading("boiler", "temperature", 81.0, 1_000),
    Reading("pump", "pressure", 4.2, 2_000),
    Reading("boiler", "temperature", 96.5, 6_000),
    Reading("pump", "pressure", 7.1, 7_000),
    Reading("boiler", "temperature", 97.0, 12_000),
]
RULES = [Rule("temperature", 90.0, 0), Rule("pressure", 6.0, 5_000), Rule("temperature", None, 10_000)]

HISTORY = MapStateDescriptor("rules", str, list[tuple[int, float | None]])
"""By kind: since when, which limit."""


class Watch(KeyedBroadcastProcessFunction[str, Reading, Rule, Alert]):
    """Judges a reading when the watermark has reached it: by then the rules of its time are known."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.waiting = runtime_context.get_list_state(ListStateDescriptor("waiting", Reading))

    def process_element(self, value: Reading, ctx: KeyedBroadcastProcessFunction.ReadOnlyContext[str]) -> None:
        self.waiting.add(value)
        ctx.timer_service().register_event_time_timer(value.time)

    def process_broadcast_element(self, value: Rule, ctx: KeyedBroadcastProcessFunction.Context) -> None:
        history = ctx.get_broadcast_state(HISTORY)
        limits = [*(history.get(value.kind) or []), (value.since, value.limit)]
        history.put(value.kind, sorted(limits, key=lambda limit: limit[0]))

    def on_timer(self, timestamp: int, ctx: KeyedBroadcastProcessFunction.OnTimerContext[str]) -> Iterator[Alert]:
        history, later = ctx.get_broadcast_state(HISTORY), []
        for reading in self.waiting.get():
            if reading.time > timestamp:
                later.append(reading)
                continue
            limits = [limit for since, limit in history.get(reading.kind) or [] if since <= reading.time]
            if limits and limits[-1] is not None and reading.value > limits[-1]:
                yield Alert(reading.sensor, reading.value, limits[-1])
        self.waiting.update(later)


def alerts(readings: DataStream[Reading], rules: DataStream[Rule]) -> DataStream[Alert]:
    return readings.key_by(lambda reading: reading.sensor).connect(rules.broadcast(HISTORY)).process(Watch())


def main() -> None:
    env = lv.environment()
    by_time = WatermarkStrategy.for_bounded_out_of_orderness(timedelta(seconds=5))
    readings = env.from_collection(READINGS).assign_timestamps_and_watermarks(
        by_time.with_timestamp_assigner(lambda reading, _: reading.time)
    )
    rules = env.from_collection(RULES).assign_timestamps_and_watermarks(
        by_time.with_timestamp_assigner(lambda rule, _: rule.since)
    )
    alerts(readings, rules).print()
    env.execute("rule broadcast")


if __name__ == "__main__":
    main()
