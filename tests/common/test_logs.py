"""Log records know who speaks, come once, and leave the root logger alone."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from levada.common import logs


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.repeat_limit.reset()
    handler = logs.configure("info", "json", stream)
    yield stream
    logging.getLogger("levada").removeHandler(handler)
    logging.getLogger("levada").setLevel(logging.NOTSET)
    logs.repeat_limit.reset()


def records(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_records_carry_the_task(output: io.StringIO) -> None:
    logger = logs.get_logger("levada.test.tasks")
    logger.info("outside")
    with logs.task_context(job="flights"):
        with logs.task_context(operator="delays", subtask=0):
            logger.info("inside")
        logger.info("between")
    outside, inside, between = records(output)
    assert "job" not in outside
    assert (inside["job"], inside["operator"], inside["subtask"]) == ("flights", "delays", 0)
    assert between["job"] == "flights"
    assert "operator" not in between


def test_a_context_may_be_entered_again_and_again(output: io.StringIO) -> None:
    task = logs.task_context(job="j", operator="o", subtask=1)
    for _ in range(3):
        with task, task:
            logs.get_logger("levada.test.tasks").info("step")
    logs.get_logger("levada.test.tasks").info("after")
    assert [each.get("operator") for each in records(output)] == ["o", "o", "o", None]


def test_text_shows_the_task() -> None:
    stream = io.StringIO()
    handler = logs.configure("info", "text", stream)
    with logs.task_context(job="flights", operator="delays", subtask=2):
        logs.get_logger("levada.test.tasks").info("hello")
    logging.getLogger("levada").removeHandler(handler)
    assert stream.getvalue().endswith("INFO levada.test.tasks [flights/delays#2] hello\n")


def test_repeated_warnings_come_once_with_a_count() -> None:
    limit = logs.RepeatLimit(interval=10)

    def admit(at: float, message: str = "slow %s", level: int = logging.WARNING) -> logging.LogRecord | None:
        record = logging.LogRecord("levada.x", level, "f", 1, message, ("x",), None)
        record.created = at
        return record if limit.admit(record) else None

    assert admit(0)
    assert [admit(at) for at in (1, 5, 9.9)] == [None, None, None]
    assert admit(5, "another")
    assert admit(6, level=logging.ERROR)
    assert admit(1, level=logging.INFO)
    assert admit(2, level=logging.INFO)
    later = admit(10)
    assert later is not None
    assert vars(later)["suppressed"] == 3
    assert admit(11) is None
    following = admit(21)
    assert following is not None
    assert vars(following)["suppressed"] == 1


def test_the_limit_is_per_operator(output: io.StringIO) -> None:
    logger = logs.get_logger("levada.test.limits")
    for operator in ("a", "b", "a"):
        with logs.task_context(operator=operator):
            logger.warning("late %d", 1)
    assert [each["operator"] for each in records(output)] == ["a", "b"]


def test_other_peoples_handlers_get_the_task_too(caplog: pytest.LogCaptureFixture) -> None:
    with logs.task_context(job="j", operator="o", subtask=3):
        logs.get_logger("levada.test.caplog").warning("once")
        logs.get_logger("levada.test.caplog").warning("once")
    (record,) = caplog.records
    assert (vars(record)["job"], vars(record)["operator"], vars(record)["subtask"]) == ("j", "o", 3)
    logs.repeat_limit.reset()


def test_the_root_logger_is_untouched(output: io.StringIO) -> None:
    before = (list(logging.root.handlers), logging.root.level)
    logs.configure("debug", "text", output)
    assert (list(logging.root.handlers), logging.root.level) == before
    logging.getLogger("elsewhere").warning("not ours")
    assert "not ours" not in output.getvalue()


def test_what_was_left_out_is_told_at_the_end(output: io.StringIO) -> None:
    logger = logs.get_logger("levada.test.limits")
    with logs.task_context(operator="a"):
        for number in range(4):
            logger.warning("late by %d", number)
    logs.repeat_limit.conclude()
    logs.repeat_limit.conclude()
    first, last = records(output)
    assert first["message"] == "late by 0"
    assert (last["message"], last["operator"]) == ("3 more like this left out: late by %d", "a")
