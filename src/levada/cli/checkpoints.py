"""``levada checkpoints``: what is saved in a checkpoint directory."""

from __future__ import annotations

import click


@click.group()
def checkpoints() -> None:
    """Look at saved checkpoints.

    \b
    Examples:
      levada checkpoints list /data/checkpoints
      levada checkpoints show /data/checkpoints/chk-12
    """
