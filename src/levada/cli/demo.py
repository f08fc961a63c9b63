"""``levada demo``: the demonstration on generated departures. Needs no network and leaves no files behind."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from levada.cli import failures

HERE = Path(__file__).resolve().parent / "flights"
SEED = 2013
DEPARTURES_PER_SECOND = 15_000
AT_LEAST_SECONDS = 4.0


@click.command()
@click.option(
    "--departures", type=click.IntRange(1000), default=60_000, show_default=True, help="How many to generate."
)
@click.option("--no-kill", is_flag=True, help="Let the job run undisturbed.")
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write to this new directory and leave everything there: departures, results, checkpoints.",
)
def demo(departures: int, no_kill: bool, keep: Path | None) -> None:
    """See a job on event time survive a crash: offline, in some seconds, on generated departures of flights.

    The job reads departures that come out of order, and computes delays per airport and hour, with late ones kept
    apart, and an alert where three flights in a row leave far too late. Half-way it is killed with SIGKILL; it is
    resumed from its newest checkpoint; then another process computes the same from the input and compares: each result
    must be there exactly once.

    The job's code is a good first thing to read: levada/cli/flights/job.py.

    \b
    Examples:
      levada demo
      levada demo --departures 1000000
      levada demo --no-kill --keep ./flights
    """
    from levada.cli.flights.drive import Demo, DemoFailed, demonstrate
    from levada.cli.flights.generated import departures as generate
    from levada.cli.flights.replay import write_replay

    with ExitStack() as leaving:
        if keep is None:
            work = Path(leaving.enter_context(tempfile.TemporaryDirectory(prefix="levada-demo-")))
        elif keep.exists() and any(keep.iterdir()):
            raise click.UsageError(f"--keep {keep}: it is not empty; name a new directory")
        else:
            work = keep
        file = work / "departures.jsonl"
        count = write_replay(generate(departures, SEED), file, SEED)
        seconds = max(AT_LEAST_SECONDS, count / DEPARTURES_PER_SECOND)
        verify = (sys.executable, "-I", str(HERE / "verify.py"))
        try:
            exit_code = demonstrate(Demo(HERE / "job.py", file, count, work, seconds, verify), kill=not no_kill)
        except DemoFailed as failed:
            click.echo(f"the demonstration failed: {failed}", err=True)
            raise failures.Reported(1) from failed
    if exit_code != 0:
        raise failures.Reported(1)
