"""The manifest of a checkpoint: what it holds and how to tell that it is whole. See FORMAT.md beside this file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from levada.common.errors import CheckpointCorruptError

FORMAT_VERSION = 1
KEY_CODEC_VERSION = 1


@dataclass(slots=True)
class FileEntry:
    """One file of a part: Arrow IPC, ``rows`` rows, ``size`` bytes with this SHA-256."""

    name: str
    rows: int
    size: int
    sha256: str


@dataclass(slots=True)
class PartEntry:
    """One named piece of an operator's state: files by the subtask that wrote them."""

    kind: str
    subtasks: dict[int, list[FileEntry]] = field(default_factory=dict)


@dataclass(slots=True)
class OperatorEntry:
    """One operator, addressed by uid."""

    name: str
    kind: str
    identity: str
    generated_uid: bool
    parallelism: int
    parts: dict[str, PartEntry] = field(default_factory=dict)
    max_parallelism: int = 0


@dataclass(slots=True)
class Manifest:
    """All of a checkpoint.

    ``run`` tells apart checkpoints of different fresh starts that share a directory.
    """

    checkpoint_id: int
    job_name: str
    run: str
    timestamp: int
    duration_ms: int
    kind: str
    max_parallelism: int
    levada_version: str
    operators: dict[str, OperatorEntry] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION
    key_codec_version: int = KEY_CODEC_VERSION

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for _, _, _, file in self.files())

    def files(self) -> list[tuple[str, str, int, FileEntry]]:
        """Every file with its operator's uid, part and subtask."""
        return [
            (uid, part_name, subtask, file)
            for uid, operator in self.operators.items()
            for part_name, part in operator.parts.items()
            for subtask, files in part.subtasks.items()
            for file in files
        ]


def encode(manifest: Manifest) -> bytes:
    """The manifest as JSON, wrapped with its own checksum."""
    body = json.dumps(asdict(manifest), sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(body.encode()).hexdigest()
    return f'{{"sha256":"{digest}",\n"manifest":{body}}}\n'.encode()


def decode(data: bytes, label: str) -> Manifest:
    """Read a manifest back.

    Raises
    ------
    CheckpointCorruptError
        When it is truncated, changed, or of a format this version does not know.
    """
    try:
        document = json.loads(data)
        body, digest = document["manifest"], document["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointCorruptError(f"{label}: the manifest is not readable ({error})") from None
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    if hashlib.sha256(canonical).hexdigest() != digest:
        raise CheckpointCorruptError(f"{label}: the manifest does not match its checksum")
    if body["format_version"] > FORMAT_VERSION or body["key_codec_version"] > KEY_CODEC_VERSION:
        raise CheckpointCorruptError(
            f"{label}: written in format {body['format_version']} by Levada {body['levada_version']}; "
            f"this version reads up to format {FORMAT_VERSION}: upgrade Levada"
        )
    return _from_plain(body)


def _from_plain(body: dict[str, Any]) -> Manifest:
    operators = {}
    for uid, operator in body.pop("operators").items():
        parts = {}
        for name, part in operator.pop("parts").items():
            subtasks = {
                int(subtask): [FileEntry(**file) for file in files] for subtask, files in part["subtasks"].items()
            }
            parts[name] = PartEntry(part["kind"], subtasks)
        operators[uid] = OperatorEntry(parts=parts, **operator)
    return Manifest(operators=operators, **body)
