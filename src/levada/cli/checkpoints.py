"""``levada checkpoints``: what is saved in a checkpoint directory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from levada.cli import failures
from levada.common.errors import LevadaError


@click.group()
def checkpoints() -> None:
    """Look at saved checkpoints, from outside the job.

    \b
    Examples:
      levada checkpoints list /data/checkpoints
      levada checkpoints show /data/checkpoints/chk-12
    """


@checkpoints.command("list")
@click.argument("directory", type=click.Path(path_type=Path))
def list_(directory: Path) -> None:
    """List the checkpoints in DIRECTORY, oldest first. Every file is read and verified."""
    from levada.checkpoint import list_checkpoints

    with _reported():
        found = list_checkpoints(directory)
    if not found:
        click.echo(f"{directory} holds no completed checkpoint")
        return
    rows = [("checkpoint", "taken", "job", "operators", "size", "")]
    for each in found:
        name, manifest = Path(each.path).name, each.manifest
        if manifest is None:
            rows.append((name, "", "", "", "", f"damaged: {each.problem}"))
        else:
            operators = str(len(manifest.operators))
            rows.append((name, _moment(manifest.timestamp), manifest.job_name, operators, _bytes(manifest.size), ""))
    _table(rows)


@checkpoints.command()
@click.argument("path", type=click.Path(path_type=Path))
def show(path: Path) -> int:
    """Show what one checkpoint holds. PATH is its folder, or a directory of checkpoints, whose newest is meant."""
    from levada.checkpoint import describe

    with _reported():
        found = describe(path)
    manifest = found.manifest
    if manifest is None:
        click.echo(f"{found.path} is damaged: {found.problem}", err=True)
        return 1
    _table(
        [
            ("checkpoint", f"{manifest.checkpoint_id} ({manifest.kind})"),
            ("path", found.path),
            ("job", manifest.job_name),
            ("taken", f"{_moment(manifest.timestamp)}, in {manifest.duration_ms} ms"),
            ("size", _bytes(manifest.size)),
            ("max parallelism", str(manifest.max_parallelism)),
            ("written by", f"Levada {manifest.levada_version}, format {manifest.format_version}"),
        ]
    )
    rows = [("operator", "uid", "parallelism", "state", "kind", "rows", "size")]
    for uid, operator in manifest.operators.items():
        shown_uid = uid + (" (generated)" if operator.generated_uid else "")
        head = (operator.name, shown_uid, str(operator.parallelism))
        for name, part in operator.parts.items():
            files = [file for written in part.subtasks.values() for file in written]
            size = _bytes(sum(file.size for file in files))
            rows.append((*head, name, part.kind, f"{sum(file.rows for file in files):,}", size))
            head = ("", "", "")
        if not operator.parts:
            rows.append((*head, "none", "", "", ""))
    click.echo()
    _table(rows)
    return 0


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except LevadaError as error:
        failures.report(error)
        raise failures.Reported(1) from error


def _table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def _moment(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _bytes(size: int) -> str:
    amount, unit = float(size), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
