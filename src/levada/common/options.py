"""Every configuration option of Levada: the registry. Keys are Flink's where Flink has the option.

``find`` looks a key up; ``FREE_PREFIXES`` are namespaces that belong to the user's program; ``WITHOUT_EFFECT`` are
Flink's options for things Levada does not have (a JVM, task managers): they are accepted, and said to have no effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, TypeVar

from levada.common.config_options import ConfigOption
from levada.common.config_types import (
    BOOLEAN,
    DURATION,
    INTEGER,
    MAP,
    POSITIVE,
    SIZE,
    STRING,
    OptionType,
    at_least,
    choice,
)

T = TypeVar("T")

_registry: dict[str, ConfigOption[Any]] = {}

FREE_PREFIXES = ("user.",)
"""Keys below these are the program's own: any name, any value."""

WITHOUT_EFFECT = {
    "python.": "Python functions run in Levada's own process",
    "taskmanager.": "Levada has no task managers",
    "jobmanager.": "Levada has no job manager process",
    "pipeline.jars": "Levada needs no jars",
    "pipeline.classpaths": "Levada needs no jars",
    "execution.checkpointing.max-concurrent-checkpoints": "Levada takes one checkpoint at a time",
    "execution.checkpointing.unaligned": "Levada aligns barriers",
    "execution.checkpointing.aligned-checkpoint-timeout": "Levada aligns barriers",
    "execution.checkpointing.snapshot-compression": "Levada writes checkpoints as Arrow files, uncompressed",
    "pipeline.closure-cleaner-level": "Levada calls functions as they are",
    "pipeline.force-avro": "Levada does not write values as Avro",
    "pipeline.force-kryo": "Levada has no Kryo",
    "pipeline.generic-types": "Levada takes any Python object as a record",
    "metrics.latency.": "Levada sends no latency markers",
    "task.cancellation.": "Levada's tasks are no threads that would have to be interrupted",
    "execution.checkpointing.externalized-checkpoint-retention": "Levada keeps checkpoints of cancelled jobs",
    "pipeline.object-reuse": "Levada never copies values between operators",
}
"""Prefixes of Flink's options that mean nothing here, and why."""


def _register(option: ConfigOption[T]) -> ConfigOption[T]:
    _registry[option.key] = option
    return option


def _option(key: str, kind: OptionType[T], default: T, description: str) -> ConfigOption[T]:
    return _register(ConfigOption(key, kind, default, description))


def _optional(key: str, kind: OptionType[T], description: str) -> ConfigOption[T | None]:
    return _register(ConfigOption(key, kind, None, description))


def find(key: str) -> ConfigOption[Any] | None:
    """The option with this key, or None."""
    return _registry.get(key)


def all_options() -> Iterator[ConfigOption[Any]]:
    """Every registered option, in the order of the reference."""
    return iter(_registry.values())


# --- the job ---------------------------------------------------------------------------------------------------------

PARALLELISM = _option(
    "parallelism.default", POSITIVE, 1, "Subtasks per operator, where the operator does not say otherwise."
)
MAX_PARALLELISM = _option(
    "pipeline.max-parallelism",
    POSITIVE,
    128,
    "Number of key groups, and so the highest parallelism the job can be rescaled to. Its first checkpoint fixes it.",
)
JOB_NAME = _optional(
    "pipeline.name", STRING, "The job's name in logs and checkpoints, unless `execute(name)` gives one."
)
CHAINING = _option(
    "pipeline.operator-chaining.enabled",
    BOOLEAN,
    True,
    "Run neighbouring operators as one chain without queues.",
)
RUNTIME_MODE = _option(
    "execution.runtime-mode",
    choice(("STREAMING", "streaming"), ("BATCH", "batch"), ("AUTOMATIC", "automatic")),
    "STREAMING",
    "`BATCH` gives final results only, of bounded input; `AUTOMATIC` is `BATCH` where every source is bounded.",
)
AUTO_GENERATE_UIDS = _option(
    "pipeline.auto-generate-uids",
    BOOLEAN,
    True,
    "Give operators without a uid one made from their place in the job; otherwise such a job is refused.",
)
CACHED_FILES = _option(
    "pipeline.cached-files", MAP, {}, "Files for functions, by the names that `get_distributed_cache()` knows them by."
)
GLOBAL_JOB_PARAMETERS = _option(
    "pipeline.global-job-parameters", MAP, {}, "Parameters of the program itself, readable in every function."
)
AUTO_WATERMARK_INTERVAL = _option(
    "pipeline.auto-watermark-interval",
    DURATION,
    timedelta(milliseconds=200),
    "A split that has nothing to read for this long emits its watermark.",
)
WATERMARK_EVERY_RECORDS = _option(
    "levada.watermark.every-records",
    POSITIVE,
    1000,
    "A split emits its watermark every so many records, counted from its start.",
)
STALLED_WATERMARK_WARNING = _option(
    "levada.watermark.stalled-warning",
    DURATION,
    timedelta(seconds=30),
    "Warn when records arrive but the watermark has not moved for this long.",
)

# --- checkpoints and recovery ----------------------------------------------------------------------------------------

CHECKPOINT_INTERVAL = _optional(
    "execution.checkpointing.interval", DURATION, "Take a checkpoint this often; none are taken where it is not set."
)
CHECKPOINT_DIR = _optional("execution.checkpointing.dir", STRING, "Directory in which checkpoints are written.")
CHECKPOINT_TIMEOUT = _option(
    "execution.checkpointing.timeout", DURATION, timedelta(minutes=10), "A checkpoint that takes longer is abandoned."
)
RETAINED_CHECKPOINTS = _option(
    "execution.checkpointing.num-retained", POSITIVE, 3, "How many completed checkpoints are kept."
)
MIN_PAUSE = _option(
    "execution.checkpointing.min-pause",
    DURATION,
    timedelta(0),
    "Between the end of a checkpoint and the beginning of the next there is at least this long.",
)
TOLERABLE_FAILURES = _option(
    "execution.checkpointing.tolerable-failed-checkpoints",
    at_least(0, INTEGER),
    0,
    "So many periodic checkpoints in a row may fail before the job does.",
)
RECOVERY_PATH = _optional(
    "execution.state-recovery.path",
    STRING,
    "Start from this checkpoint, or from the newest one in the checkpoint directory if it is `latest`.",
)
RESTART_STRATEGY = _optional(
    "restart-strategy.type",
    choice(("none", "off", "disable"), ("fixed-delay", "fixeddelay")),
    "What happens when a job fails: `none` or `fixed-delay`. Not set, a job with checkpoints restarts by fixed delay.",
)
RESTART_ATTEMPTS = _option(
    "restart-strategy.fixed-delay.attempts",
    POSITIVE,
    3,
    "How often a failing job is restarted before it has failed.",
)
RESTART_DELAY = _option(
    "restart-strategy.fixed-delay.delay", DURATION, timedelta(seconds=1), "The wait before each restart."
)

# --- the engine ------------------------------------------------------------------------------------------------------

BATCH_MAX_ROWS = _option("levada.batch.max-rows", POSITIVE, 8192, "The most rows a source puts into one batch.")
STEP_TIME = _option(
    "levada.step-time",
    DURATION,
    timedelta(milliseconds=5),
    "How long one step of a task should take: batch sizes follow from it.",
)
CHANNEL_BYTES = _option(
    "levada.channel.bytes", SIZE, 4 << 20, "Bytes a channel between two tasks holds before the sender has to wait."
)
BATCH_SORT_MEMORY = _option(
    "levada.batch.sort-memory",
    SIZE,
    128 << 20,
    "Bytes of its input a keyed operator in BATCH mode sorts in memory; more is sorted on disk.",
)
DETECT_MUTATIONS = _option(
    "levada.state.detect-mutations",
    BOOLEAN,
    False,
    "Fail when a value got from state was changed in place and not stored by `update()`. Costs time; meant for tests.",
)

PROGRESS_INTERVAL = _optional(
    "levada.progress.interval",
    DURATION,
    "Print rows, rows per second, watermark and checkpoints to standard error this often; never where it is not set.",
)

# --- SQL -------------------------------------------------------------------------------------------------------------

MINI_BATCH = _option(
    "table.exec.mini-batch.enabled", BOOLEAN, False, "Emit one change per key and batch instead of one per input row."
)
MINI_BATCH_SIZE = _option(
    "table.exec.mini-batch.size", INTEGER, -1, "The most rows collected before a mini-batch is emitted; -1 is no limit."
)
MINI_BATCH_LATENCY = _option(
    "table.exec.mini-batch.allow-latency", DURATION, timedelta(0), "How long rows may wait for their mini-batch."
)
TABLE_PARALLELISM = _option(
    "table.exec.resource.default-parallelism", INTEGER, -1, "Subtasks per SQL operator; -1 takes parallelism.default."
)
TABLE_TIME_ZONE = _option("table.local-time-zone", STRING, "UTC", "The session's time zone, as an IANA name.")
