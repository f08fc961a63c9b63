"""Names of output files: hidden while they are written, final once committed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from levada.common.errors import JobBuildError


@dataclass(frozen=True)
class OutputFileConfig:
    """What the names of output files begin and end with: ``<prefix>-<subtask>-<counter><suffix>``.

    Examples
    --------
    >>> OutputFileConfig.builder().with_part_prefix("delays").with_part_suffix(".csv").build()
    OutputFileConfig(part_prefix='delays', part_suffix='.csv')
    """

    part_prefix: str = "part"
    part_suffix: str = ""

    def __post_init__(self) -> None:
        for name, value in (("part_prefix", self.part_prefix), ("part_suffix", self.part_suffix)):
            if "/" in value or "\0" in value:
                raise JobBuildError(
                    f"OutputFileConfig({name}={value!r}): it is part of a file's name, so it has no '/'"
                )
        if not self.part_prefix or self.part_prefix.startswith((".", "_")):
            raise JobBuildError(
                f"OutputFileConfig(part_prefix={self.part_prefix!r}): files that begin with '.' or '_' are hidden; "
                "begin the prefix with a letter or digit"
            )

    def get_part_prefix(self) -> str:
        """What names begin with."""
        return self.part_prefix

    def get_part_suffix(self) -> str:
        """What names end with."""
        return self.part_suffix

    @staticmethod
    def builder() -> OutputFileConfig.OutputFileConfigBuilder:
        """A builder."""
        return OutputFileConfig.OutputFileConfigBuilder()

    class OutputFileConfigBuilder:
        """Builds an ``OutputFileConfig``."""

        def __init__(self) -> None:
            self._prefix = "part"
            self._suffix = ""

        def with_part_prefix(self, prefix: str) -> OutputFileConfig.OutputFileConfigBuilder:
            """What names begin with."""
            self._prefix = prefix
            return self

        def with_part_suffix(self, suffix: str) -> OutputFileConfig.OutputFileConfigBuilder:
            """What names end with."""
            self._suffix = suffix
            return self

        def build(self) -> OutputFileConfig:
            """The configuration."""
            return OutputFileConfig(self._prefix, self._suffix)


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A finished but hidden file (a committable): where it is, and where it belongs."""

    staged: str
    final: str


class PartNames:
    """Makes the names of one subtask's files and recognises them on disk.

    In progress: ``.part-0-7.csv.inprogress``; finished, waiting for its commit: ``.part-0-7.csv.pending``; committed:
    ``part-0-7.csv``. Where the job's run is known its first letters stand behind the prefix
    (``part-5fe1c2aa-0-7.csv``), so that jobs that follow each other in one directory leave each other's files alone.
    """

    def __init__(self, base: Path, config: OutputFileConfig, subtask: int, run: str = "") -> None:
        self.subtask = subtask
        self._base = base
        self._prefix = f"{config.part_prefix}-{run[:8]}" if run else config.part_prefix
        self._suffix = config.part_suffix
        self._name = re.compile(
            rf"(\.)?{re.escape(self._prefix)}-(\d+)-(\d+){re.escape(self._suffix)}(?:\.(inprogress|pending))?"
        )

    def final(self, folder: Path, counter: int) -> Path:
        """The name of a committed file."""
        return folder / f"{self._prefix}-{self.subtask}-{counter}{self._suffix}"

    @staticmethod
    def in_progress(final: Path) -> Path:
        """The name while a file is written."""
        return final.with_name(f".{final.name}.inprogress")

    @staticmethod
    def pending(final: Path) -> Path:
        """The name between a checkpoint's barrier and its commit."""
        return final.with_name(f".{final.name}.pending")

    def next_counter(self) -> int:
        """One more than the highest counter that any file of this subtask has, whatever its stage."""
        counters = [counter for _, subtask, counter, _ in self._files() if subtask == self.subtask]
        return max(counters, default=-1) + 1

    def remove_leftovers(self, kept: Mapping[int, tuple[int, set[str]]], parallelism: int, cut: bool) -> None:
        """Delete what writers before this one left behind: their files in progress, and finished ones of no checkpoint.

        Parameters
        ----------
        kept : mapping of subtask to (counter, names)
            The number of the next file when the checkpoint was taken, and the finished files it holds, for the subtasks
            whose state came to this writer. Living subtasks see to their own files.
        parallelism : int
        cut : bool
            Whether the names tell this run's files from others': then also those committed *after* the checkpoint go
            (it is not the newest one), because their rows will be written again.
        """
        for path, subtask, counter, stage in self._files():
            if subtask != self.subtask and not (subtask >= parallelism and subtask in kept):
                continue
            next_counter, names = kept.get(subtask, (None, set[str]()))
            behind = cut and next_counter is not None and counter >= next_counter
            unknown = stage == "pending" and next_counter is not None and str(path) not in names
            if stage == "inprogress" or behind or unknown:
                path.unlink(missing_ok=True)

    def _files(self) -> list[tuple[Path, int, int, str | None]]:
        found = []
        for path in self._base.rglob("*"):
            match = self._name.fullmatch(path.name)
            if match is not None:
                found.append((path, int(match[2]), int(match[3]), match[4]))
        return found
