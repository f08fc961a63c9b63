"""``levada config``: every setting, and where it comes from."""

from __future__ import annotations

import click

from levada.cli.script import overrides, settings_options
from levada.common.config_sources import DEFAULT
from levada.common.configuration import Configuration


@click.command()
@click.argument("prefix", required=False, default="")
@click.option("--changed", is_flag=True, help="Only settings that are not at their default.")
@settings_options
def config(prefix: str, changed: bool, settings: tuple[str, ...], parallelism: int | None) -> None:
    """Show every setting with its value and where it comes from; only keys that begin with PREFIX, if it is given.

    A value is looked for in this order: --set, the program's code, LEVADA_* variables, levada.toml, the default.
    In a variable's name __ stands for a dot and _ for a dash: LEVADA_PARALLELISM__DEFAULT=4. Secrets show as ***.

    \b
    Examples:
      levada config
      levada config execution.checkpointing
      levada config --changed --set parallelism.default=4
    """
    with overrides(settings, parallelism):
        lines = [each for each in Configuration.layered().settings() if each.key.startswith(prefix)]
    if changed:
        lines = [each for each in lines if each.source != DEFAULT]
    keys = max((len(each.key) for each in lines), default=0)
    values = max((len(each.value) for each in lines), default=0)
    for each in lines:
        click.echo(f"{each.key:<{keys}}  {each.value:<{values}}  {each.source}")
