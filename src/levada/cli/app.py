"""The command ``levada``: its sub-commands, and what its exit code means."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

import levada
from levada.cli import failures
from levada.cli.bench import bench
from levada.cli.checkpoints import checkpoints
from levada.cli.config import config
from levada.cli.demo import demo
from levada.cli.info import info
from levada.cli.run import run

SUCCESS = 0
FAILED = 1
USAGE = 2
INTERRUPTED = 130
"""128 + SIGINT, as shells count."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(levada.__version__, prog_name="levada", message="%(prog)s %(version)s")
def app() -> None:
    """Levada, a stateful stream processor for Python.

    \b
    Examples:
      levada demo                            see it work, offline
      levada run job.py --parallelism 2      run a job
      levada run job.py --from latest        go on from its newest checkpoint
      levada info job.py                     show what would run
      levada checkpoints list /data/ckpt     see what was saved
      levada config                          see every setting and where it comes from

    Exit codes: 0 success, 1 the job failed, 2 wrong usage, 130 stopped by Ctrl-C, 143 stopped by SIGTERM.
    """


for command in (run, info, demo, checkpoints, config, bench):
    app.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; whatever happens, the user sees one readable block."""
    sys.exit(invoke(arguments))


def invoke(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; its exit code."""
    try:
        result = app.main(args=arguments, prog_name="levada", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except failures.Reported as reported:
        return reported.exit_code
    return result if isinstance(result, int) else SUCCESS
