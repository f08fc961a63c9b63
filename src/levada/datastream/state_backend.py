"""State backends under PyFlink's names. There is one: state in memory, in checkpoints that write what has changed."""

from __future__ import annotations

from enum import Enum

from levada.common.logs import get_logger

__all__ = ["EmbeddedRocksDBStateBackend", "HashMapStateBackend", "PredefinedOptions", "StateBackend"]

log = get_logger(__name__)


class StateBackend:
    """Base of the backends, for ``env.set_state_backend``."""


class HashMapStateBackend(StateBackend):
    """State as Python objects in memory: what Levada has."""


class PredefinedOptions(Enum):
    """RocksDB's options for kinds of disks, which have no effect here."""

    DEFAULT = 0
    SPINNING_DISK_OPTIMIZED = 1
    SPINNING_DISK_OPTIMIZED_HIGH_MEM = 2
    FLASH_SSD_OPTIMIZED = 3


class EmbeddedRocksDBStateBackend(StateBackend):
    """Accepted with a warning: there is no RocksDB, so state is kept in memory. Its options are only told back."""

    def __init__(self, enable_incremental_checkpointing: bool | None = None) -> None:
        self._incremental = bool(enable_incremental_checkpointing)
        self._paths: list[str] = []
        self._options = PredefinedOptions.DEFAULT
        self._factory: str | None = None
        self._threads = 4

    def is_incremental_checkpoints_enabled(self) -> bool:
        """What was asked for."""
        return self._incremental

    def set_db_storage_paths(self, *paths: str) -> None:
        """No effect: nothing is written to disk but checkpoints."""
        self._paths = list(paths)

    def get_db_storage_paths(self) -> list[str]:
        """What was set."""
        return list(self._paths)

    def set_predefined_options(self, options: PredefinedOptions) -> None:
        """No effect: there is no RocksDB."""
        self._options = options

    def get_predefined_options(self) -> PredefinedOptions:
        """What was set."""
        return self._options

    def set_options(self, options_factory_class_name: str) -> None:
        """No effect: there is no RocksDB."""
        self._factory = options_factory_class_name

    def get_options(self) -> str | None:
        """What was set."""
        return self._factory

    def set_number_of_transfer_threads(self, number_of_transfering_threads: int) -> None:
        """No effect: one thread writes checkpoints."""
        self._threads = number_of_transfering_threads

    def get_number_of_transfer_threads(self) -> int:
        """What was set; 4 at first."""
        return self._threads


def check_backend(state_backend: StateBackend) -> None:
    """Warn of a backend that is not the one there is."""
    if isinstance(state_backend, EmbeddedRocksDBStateBackend):
        log.warning("EmbeddedRocksDBStateBackend has no effect: state is kept in memory")
