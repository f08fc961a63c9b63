"""``levada run``: run a job script."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from levada.cli.pyflink_alias import pyflink_is_levada
from levada.cli.script import overrides, report_options, run_script, settings_options
from levada.common import launch, logs
from levada.common.options import RECOVERY_PATH


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("script", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--from", "origin", metavar="latest|PATH", help="Start from the newest checkpoint, or from this one.")
@click.option("--pyflink", is_flag=True, help="Run a PyFlink script as it is: `pyflink` is then `levada`.")
@settings_options
@report_options
def run(
    script: Path,
    arguments: tuple[str, ...],
    origin: str | None,
    pyflink: bool,
    settings: tuple[str, ...],
    parallelism: int | None,
    log_level: str,
    log_format: str,
    show_traceback: bool,
) -> int:
    """Run the job that SCRIPT builds and executes.

    Settings given here stand above those of the script, of LEVADA_* variables and of levada.toml. ARGUMENTS and options
    that are not listed below go to the script; those after -- do in any case.

    \b
    Examples:
      levada run job.py
      levada run job.py --parallelism 2 --set execution.checkpointing.interval=10s
      levada run job.py --from latest
      levada run --pyflink flink_job.py
      levada run job.py --input flights.csv -- --parallelism of-the-script
    """
    logs.configure(log_level, log_format)
    start = {} if origin is None else {"from_": (RECOVERY_PATH.key, origin)}
    named = pyflink_is_levada() if pyflink else nullcontext()
    with overrides(settings, parallelism, **start), launch.observe() as seen, named:
        code = run_script(script, arguments, show_traceback=show_traceback)
    if code == 0 and seen.jobs == 0:
        click.echo(f"hint: {script} ended without running a job: it never called execute()", err=True)
    return code
