"""What happens to a record that cannot be decoded: fail, skip and count, or a side output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from levada.common.errors import JobBuildError, MalformedRecordError
from levada.common.output_tag import OutputTag
from levada.connectors.base import ReaderContext
from levada.connectors.files.blocks import open_file
from levada.formats.base import Malformed

COUNTER = "malformed_records"
_SHOWN = 500


class MalformedRecord(NamedTuple):
    """A record that could not be decoded, as it appears on the side output."""

    file: str
    line: int
    text: str
    error: str


@dataclass(frozen=True)
class MalformedPolicy:
    """``tag_id`` names the side output; None with ``skip`` drops and counts; None without fails the job."""

    skip: bool = False
    tag_id: str | None = None

    @staticmethod
    def of(policy: str | OutputTag[MalformedRecord], call: str) -> MalformedPolicy:
        """From ``"fail"``, ``"skip"`` or an ``OutputTag``."""
        if isinstance(policy, OutputTag):
            return MalformedPolicy(skip=True, tag_id=policy.tag_id)
        if policy not in ("fail", "skip"):
            raise JobBuildError(f"{call}: {policy!r} is none of 'fail', 'skip' (and count) and an OutputTag")
        return MalformedPolicy(skip=policy == "skip")


class MalformedRecords:
    """Applies the policy to the malformed records of one file, giving each its line number."""

    def __init__(self, path: str, policy: MalformedPolicy, context: ReaderContext) -> None:
        self._path = path
        self._policy = policy
        self._context = context
        self._counted_to = 0
        self._line = 1

    def report(self, records: list[tuple[int, Malformed]]) -> None:
        """Take records with their offsets in the file, in the file's order."""
        if not records:
            return
        if not self._policy.skip:
            offset, first = records[0]
            raise MalformedRecordError(self._message(offset, first))
        self._context.count(COUNTER, len(records))
        if self._policy.tag_id is not None:
            rows = [
                MalformedRecord(self._path, self._line_at(offset), record.text, record.error)
                for offset, record in records
            ]
            self._context.side_output(self._policy.tag_id, rows)

    def _message(self, offset: int, record: Malformed) -> str:
        text = (
            record.text if len(record.text) <= _SHOWN else f"{record.text[:_SHOWN]}... ({len(record.text)} characters)"
        )
        return (
            f"{self._path}, line {self._line_at(offset)}: {record.error}\n  {text}\n"
            "Mend the file, or let such records be skipped or put on a side output: "
            ".set_malformed_policy('skip') or .set_malformed_policy(OutputTag('malformed')) of FileSource's builder"
        )

    def _line_at(self, offset: int) -> int:
        """The line that begins at ``offset``, counted on from the last one asked for."""
        if offset < self._counted_to:
            self._counted_to, self._line = 0, 1
        with open_file(self._path) as file:
            file.seek(self._counted_to)
            while self._counted_to < offset:
                chunk = file.read(min(1 << 20, offset - self._counted_to))
                if not chunk:
                    break
                self._line += chunk.count(b"\n")
                self._counted_to += len(chunk)
        return self._line
