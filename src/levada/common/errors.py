"""Errors Levada raises: whose fault it is, and whether trying again can help.

``LevadaError`` is the root. A subclass says who can mend it (the user, an external system, Levada itself);
``retryable`` says whether a restart of the job may succeed without anybody changing anything.
"""

from __future__ import annotations


class LevadaError(Exception):
    """Root of all errors raised by Levada. ``retryable`` tells restart strategies whether a retry is worth it."""

    retryable: bool = False


class UserError(LevadaError):
    """Something in the user's program, configuration or data must change."""


class JobBuildError(UserError):
    """A job was put together wrongly: raised by the call that did it, before anything runs."""


class ConfigError(UserError):
    """An unknown configuration key, or a value that does not fit its key."""


class SqlError(UserError):
    """A SQL text does not parse or does not fit the tables it names."""


class MalformedRecordError(UserError):
    """A record of the input cannot be decoded; the message names file and line (or topic and offset)."""


class UserFunctionError(UserError):
    """A user's function raised. The original exception is ``__cause__``.

    Flink restarts a job whatever the user's code raised, because the cause may be outside it (a service that was down);
    so this is retryable.
    """

    retryable = True


class KeyTypeError(UserError):
    """A key's type cannot be used as a key (not hashable in a stable way)."""


class StateError(UserError):
    """State was used against its declaration, or was changed without being stored."""


class ExternalError(LevadaError):
    """A system outside the process (disk, network, server) failed."""

    retryable = True


class StorageError(ExternalError):
    """Reading or writing checkpoint storage failed (a full disk, a lost mount)."""


class CheckpointError(LevadaError):
    """A checkpoint cannot be taken or read."""


class CheckpointCorruptError(CheckpointError):
    """A checkpoint's files are truncated, missing or do not match their checksums."""


class CheckpointMismatchError(UserError):
    """A checkpoint belongs to another job, or holds state that no operator of this job takes."""


class CheckpointDirectoryInUseError(UserError):
    """Another live process writes checkpoints to the same directory."""


class InternalError(LevadaError):
    """A promise inside Levada was broken; please report it."""


class JobCanceledError(LevadaError):
    """The job was cancelled before it ended."""
