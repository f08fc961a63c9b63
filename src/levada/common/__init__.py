"""What every floor uses: types, rows, batches, elements, time, watermark strategies, configuration, errors.

May import nothing of Levada but itself. Importing it stays cheap: no Arrow, no numpy.
"""

from levada.common.completable_future import CompletableFuture
from levada.common.config_options import ConfigOption, ConfigOptions
from levada.common.configuration import Configuration
from levada.common.execution_config import ExecutionConfig
from levada.common.job_client import JobClient
from levada.common.job_execution_result import JobExecutionResult
from levada.common.job_id import JobID
from levada.common.job_status import JobStatus
from levada.common.output_tag import OutputTag
from levada.common.restart_strategy import RestartStrategies, RestartStrategyConfiguration
from levada.common.serialization import (
    ByteArraySchema,
    DeserializationSchema,
    Encoder,
    SerializationSchema,
    SimpleStringSchema,
)
from levada.common.time import Duration, Instant, Time
from levada.common.typeinfo import TypeInformation, Types
from levada.common.types import Row, RowKind
from levada.common.watermark_strategy import TimestampAssigner, WatermarkStrategy

__all__ = [
    "ByteArraySchema",
    "CompletableFuture",
    "ConfigOption",
    "ConfigOptions",
    "Configuration",
    "DeserializationSchema",
    "Duration",
    "Encoder",
    "ExecutionConfig",
    "Instant",
    "JobClient",
    "JobExecutionResult",
    "JobID",
    "JobStatus",
    "OutputTag",
    "RestartStrategies",
    "RestartStrategyConfiguration",
    "Row",
    "RowKind",
    "SerializationSchema",
    "SimpleStringSchema",
    "Time",
    "TimestampAssigner",
    "TypeInformation",
    "Types",
    "WatermarkStrategy",
]
