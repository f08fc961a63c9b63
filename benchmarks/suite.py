"""What all figures share: workers, peers, data, sizes, and rounds in which contenders take turns."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contender import ROOT, Worker, WorkerError
from benchmarks.peers import Peers
from benchmarks.results import Series

DATA = ROOT / ".cache" / "bench"
CHECK_RECORDS = 20_000


class WrongOutputError(Exception):
    """A contender's output is not the others'."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who does the work of a figure.

    Attributes
    ----------
    workload : str
        Of the worker; it is given ``arguments``, ``records`` and ``check``.
    records : int
        How many to time.
    small : int
        Where not 0: the rate is the slope between so many records and ``records``, without start-up.
    peer : str
        The peer's name; empty for Levada and bare loops.
    """

    name: str
    worker: Worker
    workload: str
    arguments: Mapping[str, Any]
    records: int
    small: int = 0
    peer: str = ""

    def check(self, records: int) -> tuple[str, int]:
        """A digest of the output, and how many rows it has."""
        answer = self.worker.ask(self.workload, **self.arguments, records=records, check=True)
        return answer["digest"], answer["rows"]

    def rate(self) -> float:
        """Records per second, in one run."""
        seconds = self._seconds(self.records)
        if self.small:
            seconds -= self._seconds(self.small)
        return (self.records - self.small) / seconds

    def _seconds(self, records: int) -> float:
        seconds: float = self.worker.ask(self.workload, **self.arguments, records=records, check=False)["seconds"]
        return seconds


class Suite:
    """The run of all figures.

    Parameters
    ----------
    rounds : int
    scale : float
        Sizes are multiplied by it: below 1 for trying things out.
    say : callable
        Told what goes on.
    """

    def __init__(self, rounds: int, scale: float, say: Callable[[str], None]) -> None:
        self.rounds = rounds
        self.scale = scale
        self.say = say
        self.peers = Peers(say)
        self._workers: dict[str, Worker] = {}

    def size(self, records: int) -> int:
        """A number of records, scaled."""
        return max(int(records * self.scale), 1000)

    def worker(self, module: str) -> Worker:
        """A worker of our own, started when first asked for."""
        worker = self._workers.get(module)
        if worker is None:
            worker = self._workers[module] = Worker(module)
        return worker

    def end_worker(self, module: str) -> None:
        """Free its memory."""
        worker = self._workers.pop(module, None)
        if worker is not None:
            worker.close()

    def bids(self, records: int, kind: str) -> str:
        """A file of Nexmark bids, made once: ``pickle`` (tuples) or ``parquet``."""
        path = DATA / f"bids-{records}.{kind}"
        if not path.exists():
            DATA.mkdir(parents=True, exist_ok=True)
            self.say(f"making {path.relative_to(ROOT)}")
            _write_bids(path, records)
        return str(path)

    def checked(self, contenders: list[Contender]) -> list[Contender]:
        """Those that can run; all of them have shown the output of the first.

        Raises
        ------
        WrongOutputError
            Somebody's output differs.
        """
        records = min(CHECK_RECORDS, *(contender.records for contender in contenders))
        expected: tuple[str, int] | None = None
        able = []
        for contender in contenders:
            try:
                output = contender.check(records)
            except WorkerError as error:
                if not contender.peer:
                    raise
                self.peers.skip(contender.peer, str(error))
                continue
            expected = expected or output
            if output != expected:
                raise WrongOutputError(
                    f"{contender.name}: {output[1]} rows of output that are not the {expected[1]} rows of "
                    f"{contenders[0].name} for the same {records} records"
                )
            able.append(contender)
        return able

    def race(self, contenders: list[Contender]) -> dict[str, Series]:
        """Let them take turns; one unmeasured turn each first."""
        measured = {contender.name: Series(contender.name, []) for contender in contenders}
        for turn in range(self.rounds + 1):
            for contender in contenders:
                rate = contender.rate()
                if turn:
                    measured[contender.name].values.append(rate)
        return measured

    def close(self) -> None:
        """End all processes."""
        for module in list(self._workers):
            self.end_worker(module)
        self.peers.close()


def _write_bids(path: Path, records: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from levada.connectors.nexmark import NexmarkConfig, bids

    columns = ("auction", "bidder", "price", "dateTime")
    config = NexmarkConfig(events_num=records * 50 // 46 + 50)
    produce = bids(config, columns).producer()
    step = 65_536
    ranges = [range(start, min(start + step, records)) for start in range(0, records, step)]
    table = pa.Table.from_batches([produce(numbers).data for numbers in ranges])  # type: ignore[union-attr]
    part = path.with_name(path.name + ".part")
    if path.suffix == ".parquet":
        pq.write_table(table, part)
    else:
        times = table["dateTime"].cast(pa.int64())
        lists = [table[name].to_pylist() for name in columns[:3]] + [times.to_pylist()]
        part.write_bytes(pickle.dumps(list(zip(*lists, strict=True)), protocol=5))
    part.replace(path)
