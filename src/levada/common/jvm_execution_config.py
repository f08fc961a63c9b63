"""Settings of PyFlink's ``ExecutionConfig`` about things Levada has no counterpart for.

They are remembered under Flink's keys and told back, and the configuration says once of each that it has no effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from levada.common.configuration import Configuration

if TYPE_CHECKING:
    from typing import Self

_OBJECT_REUSE = "pipeline.object-reuse"
_CLOSURE_CLEANER = "pipeline.closure-cleaner-level"
_FORCE_AVRO = "pipeline.force-avro"
_FORCE_KRYO = "pipeline.force-kryo"
_GENERIC_TYPES = "pipeline.generic-types"
_LATENCY = "metrics.latency.interval"
_CANCELLATION_INTERVAL = "task.cancellation.interval"
_CANCELLATION_TIMEOUT = "task.cancellation.timeout"
_COMPRESSION = "execution.checkpointing.snapshot-compression"


class JvmExecutionConfig:
    """Base of ``ExecutionConfig``: what concerns a JVM, its serializers and its tasks."""

    _configuration: Configuration

    def enable_object_reuse(self) -> Self:
        """No effect: values are never copied between operators."""
        return self._put(_OBJECT_REUSE, True)

    def disable_object_reuse(self) -> Self:
        """No effect: values are never copied between operators."""
        return self._put(_OBJECT_REUSE, False)

    def is_object_reuse_enabled(self) -> bool:
        """What was asked for; False at first."""
        return self._flag(_OBJECT_REUSE, False)

    def enable_closure_cleaner(self) -> Self:
        """No effect: functions are called as they are."""
        self._configuration.set_string(_CLOSURE_CLEANER, "RECURSIVE")
        return self

    def disable_closure_cleaner(self) -> Self:
        """No effect: functions are called as they are."""
        self._configuration.set_string(_CLOSURE_CLEANER, "NONE")
        return self

    def is_closure_cleaner_enabled(self) -> bool:
        """What was asked for; True at first."""
        return self._configuration.get_string(_CLOSURE_CLEANER, "RECURSIVE") != "NONE"

    def enable_force_kryo(self) -> Self:
        """No effect: there is no Kryo."""
        return self._put(_FORCE_KRYO, True)

    def disable_force_kryo(self) -> Self:
        """No effect: there is no Kryo."""
        return self._put(_FORCE_KRYO, False)

    def is_force_kryo_enabled(self) -> bool:
        """What was asked for; False at first."""
        return self._flag(_FORCE_KRYO, False)

    def enable_force_avro(self) -> Self:
        """No effect: values are not written as Avro."""
        return self._put(_FORCE_AVRO, True)

    def disable_force_avro(self) -> Self:
        """No effect: values are not written as Avro."""
        return self._put(_FORCE_AVRO, False)

    def is_force_avro_enabled(self) -> bool:
        """What was asked for; False at first."""
        return self._flag(_FORCE_AVRO, False)

    def enable_generic_types(self) -> Self:
        """No effect: any Python object may be a record."""
        return self._put(_GENERIC_TYPES, True)

    def disable_generic_types(self) -> Self:
        """No effect: any Python object may be a record."""
        return self._put(_GENERIC_TYPES, False)

    def has_generic_types_disabled(self) -> bool:
        """What was asked for; False at first."""
        return not self._flag(_GENERIC_TYPES, True)

    def get_default_kryo_serializer_classes(self) -> dict[str, str]:
        """None: there is no Kryo."""
        return {}

    def get_registered_kryo_types(self) -> list[str]:
        """None: there is no Kryo."""
        return []

    def get_registered_pojo_types(self) -> list[str]:
        """None: there are no Java objects."""
        return []

    def get_latency_tracking_interval(self) -> int:
        """What was asked for, in ms; 0 at first."""
        return self._number(_LATENCY, 0)

    def set_latency_tracking_interval(self, interval: int) -> Self:
        """No effect: no latency markers are sent."""
        self._configuration.set_integer(_LATENCY, interval)
        return self

    def get_task_cancellation_interval(self) -> int:
        """What was asked for, in ms; 30,000 at first."""
        return self._number(_CANCELLATION_INTERVAL, 30_000)

    def set_task_cancellation_interval(self, interval: int) -> Self:
        """No effect: tasks are no threads that would have to be interrupted."""
        self._configuration.set_integer(_CANCELLATION_INTERVAL, interval)
        return self

    def get_task_cancellation_timeout(self) -> int:
        """What was asked for, in ms; 180,000 at first."""
        return self._number(_CANCELLATION_TIMEOUT, 180_000)

    def set_task_cancellation_timeout(self, timeout: int) -> Self:
        """No effect: tasks are no threads that would have to be interrupted."""
        self._configuration.set_integer(_CANCELLATION_TIMEOUT, timeout)
        return self

    def is_use_snapshot_compression(self) -> bool:
        """What was asked for; False at first."""
        return self._flag(_COMPRESSION, False)

    def set_use_snapshot_compression(self, use_snapshot_compression: bool) -> Self:
        """No effect: checkpoints are written as Arrow files, uncompressed."""
        return self._put(_COMPRESSION, use_snapshot_compression)

    def _put(self, key: str, value: bool) -> Self:
        self._configuration.set_boolean(key, value)
        return self

    def _flag(self, key: str, default: bool) -> bool:
        return bool(self._configuration.get_boolean(key, default))

    def _number(self, key: str, default: int) -> int:
        found: Any = self._configuration.get_integer(key, default)
        return int(found)
