"""Workers in processes of their own, peers that are missing, and outputs that differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.__main__ import main
from benchmarks.contender import Worker, WorkerError
from benchmarks.peers import Peer, Peers
from benchmarks.suite import Contender, Suite, WrongOutputError

from benchmarks import peers as peers_module
from benchmarks import suite as suite_module


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def suite(said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Suite]:
    monkeypatch.setenv("BENCH_PEERS", "none")
    monkeypatch.setattr(suite_module, "DATA", tmp_path)
    monkeypatch.setattr(suite_module, "ROOT", tmp_path)
    made = Suite(2, 0.001, said.append)
    yield made
    made.close()


def test_contenders_take_turns_and_their_output_is_checked(suite: Suite) -> None:
    worker = suite.worker("rows")
    bids = suite.bids(1000, "pickle")
    of_loop = Contender("loop", worker, "loop", {"job": "map_filter", "bids": bids}, 1000)
    of_levada = Contender("Levada", worker, "levada", {"job": "map_filter", "bids": bids}, 1000)
    rates = suite.race(suite.checked([of_loop, of_levada]))
    assert [len(series.values) for series in rates.values()] == [2, 2]
    assert min(rates["Levada"].values) > 0
    other = Contender("other", worker, "loop", {"job": "keyed_reduce", "bids": bids}, 1000)
    with pytest.raises(WrongOutputError, match="other: 1000 rows of output that are not the"):
        suite.checked([of_loop, other])
    with pytest.raises(WorkerError, match=r"rows, loop: AttributeError: .*'no_such_loop'"):
        worker.ask("loop", job="no_such_loop", bids=bids, records=10, check=True)


def test_a_worker_that_cannot_start_says_why() -> None:
    with pytest.raises(WorkerError, match=r"no_such_worker ended with exit code 1: .*No module named"):
        Worker("no_such_worker")


def test_missing_peers_are_skipped_by_name(said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(peers_module, "CACHE", tmp_path)
    monkeypatch.setattr(peers_module, "PEERS", (Peer("one", "one==1"), Peer("two", "two==2", ("no-such-program",))))
    monkeypatch.setenv("BENCH_PEERS", "two")
    peers = Peers(said.append)
    assert peers.get("one") is None
    assert peers.worker("two") is None
    assert said == ["skipped one: not named in BENCH_PEERS", "skipped two: no-such-program is not installed"]


def test_the_command_prints_a_table_and_writes_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BENCH_PEERS", "none")
    out = tmp_path / "results.json"
    assert main(["startup", "--rounds", "1", "--out", str(out)]) == 0
    assert "a program with a trivial job" in capsys.readouterr().out
    document = json.loads(out.read_text())
    assert document["machine"]["cores"]
    assert document["skipped"]["bytewax"] == "not named in BENCH_PEERS"
    [result] = document["results"]
    assert result["claims"][0]["met"] in (True, False)
