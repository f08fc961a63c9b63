"""``levada info``: show what a job script would run."""

from __future__ import annotations

from pathlib import Path

import click

from levada.cli.script import overrides, report_options, run_script, settings_options
from levada.common import launch, logs, redaction


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("script", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@settings_options
@report_options
def info(
    script: Path,
    arguments: tuple[str, ...],
    settings: tuple[str, ...],
    parallelism: int | None,
    log_level: str,
    log_format: str,
    show_traceback: bool,
) -> int:
    """Show the plan of the job that SCRIPT builds, without running it.

    The script runs up to its first execute() and ends there.

    \b
    Examples:
      levada info job.py
      levada info job.py --parallelism 4
    """
    logs.configure(log_level, log_format)
    try:
        with overrides(settings, parallelism), launch.observe(plan_only=True):
            code = run_script(script, arguments, show_traceback=show_traceback)
    except launch.PlanOnly as ended:
        click.echo(redaction.scrub(ended.plan))
        return 0
    if code == 0:
        click.echo(f"hint: {script} ended without a job: it never called execute()", err=True)
    return code
