"""What is timed does the work it says, at tiny sizes, in this process."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarks.workers import checkpoints, columnar, latency, memory, rows

BIDS = [(number % 7, number % 10, number * 3, number) for number in range(500)]


@pytest.fixture
def pickled(tmp_path: Path) -> str:
    path = tmp_path / "bids.pickle"
    path.write_bytes(pickle.dumps(BIDS))
    return str(path)


@pytest.fixture
def parquet(tmp_path: Path) -> str:
    path = tmp_path / "bids.parquet"
    columns = list(zip(*BIDS, strict=True))
    pq.write_table(pa.table({"bidder": columns[1], "price": columns[2]}), path)
    return str(path)


@pytest.mark.parametrize("job", ["map_filter", "keyed_process", "keyed_reduce"])
def test_a_loop_and_its_job_have_the_same_output(job: str, pickled: str) -> None:
    arguments: dict[str, Any] = {"job": job, "bids": pickled, "records": 500, "check": True}
    assert rows.levada_job(**arguments) == rows.loop(**arguments)
    assert rows.loop(**arguments)["rows"] == (286 if job == "map_filter" else 500)


def test_the_inlined_loop_has_the_same_output(pickled: str) -> None:
    by_hand = rows.loop("keyed_inlined", pickled, 500, check=True)
    assert by_hand == rows.loop("keyed_process", pickled, 500, check=True)


def test_a_timed_run_tells_seconds(pickled: str) -> None:
    assert rows.levada_job("map_filter", pickled, 500, check=False)["seconds"] > 0


@pytest.mark.parametrize("mode", ["per row", "mini-batch"])
def test_the_changelog_ends_in_the_groups(mode: str, parquet: str) -> None:
    found = columnar.sql(mode, parquet, 500, check=True)
    totals = {
        (bidder, 50, sum(bid[2] for bid in BIDS if bid[1] == bidder), max(bid[2] for bid in BIDS if bid[1] == bidder))
        for bidder in range(10)
    }
    assert found == columnar.digest(totals)


@pytest.mark.parametrize("text", [False, True])
def test_the_kernels_say_what_arrow_says(text: bool) -> None:
    assert columnar.kernels(100, 2000, text=text, check=True) == {"same": True}


@pytest.mark.parametrize("taken", [False, True])
def test_checkpointed_runs_count_rows(taken: bool) -> None:
    answer = checkpoints.rows(200, 1000, taken)
    assert answer["seconds"] > 0
    # The last checkpoint, at the end of the input, is always there.
    assert answer["checkpoints"] == int(taken)
    answer = checkpoints.sql("per row", 200, 10_000, taken)
    assert answer["rows"] > 0


def test_delays_are_counted_from_when_a_row_was_due() -> None:
    run = latency.Run()
    run.made = [(1999, 2_000_000_000), (2009, 2_013_000_000)]
    run.arrived = [(2_014_000_000, [(0, 1, 2000), (0, 1, 2009)])]
    # At 1000/s row 1999 came just in time, so row 2000 was due at 2.001 s and row 2009 at 2.010 s.
    assert run.delays_ms(1000) == pytest.approx([4.0, 13.0])


def test_a_paced_run_tells_percentiles() -> None:
    answer = latency.paced(1000, 0.1, 10, checkpoints=False)
    assert answer["rows"] == 100
    assert 0 <= answer["p50"] <= answer["p99"] <= answer["max"]


def test_the_long_run_ends() -> None:
    assert memory.soak(5000, 100)["seconds"] > 0
