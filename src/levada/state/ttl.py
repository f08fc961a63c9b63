"""How long state lives: ``StateTtlConfig``, given to a descriptor with ``enable_time_to_live``.

Reference: Flink documentation, "Working with State", section "State Time-To-Live (TTL)".
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import ClassVar, TypeAlias

from levada.common.errors import StateError
from levada.common.time import Duration, Time, to_millis

_DEFAULT_CLEANUP_SIZE = 5


class TtlCleanup:
    """How values that have expired, and nobody asks for, are found and removed.

    Parameters
    ----------
    strategies : dict of Strategies to CleanupStrategy
        Those that were chosen.
    is_cleanup_in_background : bool
        Whether a strategy is taken where none was chosen.
    """

    class Strategies(Enum):
        """The strategies there are."""

        FULL_STATE_SCAN_SNAPSHOT = 0
        INCREMENTAL_CLEANUP = 1
        ROCKSDB_COMPACTION_FILTER = 2

    class CleanupStrategy:
        """Base of all strategies."""

    class EmptyCleanupStrategy(CleanupStrategy):
        """A strategy without settings."""

    class IncrementalCleanupStrategy(CleanupStrategy):
        """Looks at a few values whenever state is used.

        Parameters
        ----------
        cleanup_size : int
            How many.
        run_cleanup_for_every_record : bool
            Look also when records come that do not use the state.
        """

        def __init__(self, cleanup_size: int, run_cleanup_for_every_record: bool) -> None:
            if cleanup_size < 1:
                raise StateError(f"cleanup_incrementally({cleanup_size}, ..): the size must be 1 or more")
            self._cleanup_size = cleanup_size
            self._run_cleanup_for_every_record = run_cleanup_for_every_record

        def get_cleanup_size(self) -> int:
            """How many values are looked at."""
            return self._cleanup_size

        def run_cleanup_for_every_record(self) -> bool:
            """Whether records that do not use the state have it cleaned up too."""
            return self._run_cleanup_for_every_record

    class RocksdbCompactFilterCleanupStrategy(CleanupStrategy):
        """Removes values while RocksDB compacts its files; state in memory is cleaned up as by default."""

        def __init__(
            self, query_time_after_num_entries: int, periodic_compaction_time: Duration | Time | timedelta | None = None
        ) -> None:
            self._query_time_after_num_entries = query_time_after_num_entries
            self._periodic_compaction_time = periodic_compaction_time or Duration.of_days(30)

        def get_query_time_after_num_entries(self) -> int:
            """After how many values the clock is read again."""
            return self._query_time_after_num_entries

        def get_periodic_compaction_time(self) -> Duration | Time | timedelta:
            """After what time a file is compacted in any case."""
            return self._periodic_compaction_time

    EMPTY_STRATEGY: ClassVar[EmptyCleanupStrategy] = EmptyCleanupStrategy()

    def __init__(self, strategies: dict[Strategies, CleanupStrategy], is_cleanup_in_background: bool) -> None:
        self._strategies = strategies
        self._is_cleanup_in_background = is_cleanup_in_background

    def is_cleanup_in_background(self) -> bool:
        """Whether a strategy is taken where none was chosen."""
        return self._is_cleanup_in_background

    def in_full_snapshot(self) -> bool:
        """Whether checkpoints leave out what has expired."""
        return self.Strategies.FULL_STATE_SCAN_SNAPSHOT in self._strategies

    def get_incremental_cleanup_strategy(self) -> IncrementalCleanupStrategy | None:
        """The incremental strategy, chosen or by default."""
        chosen = self._strategies.get(self.Strategies.INCREMENTAL_CLEANUP)
        if isinstance(chosen, self.IncrementalCleanupStrategy):
            return chosen
        return self.IncrementalCleanupStrategy(_DEFAULT_CLEANUP_SIZE, False) if self._is_cleanup_in_background else None

    def get_rocksdb_compact_filter_cleanup_strategy(self) -> RocksdbCompactFilterCleanupStrategy | None:
        """The strategy for RocksDB, where it was chosen."""
        chosen = self._strategies.get(self.Strategies.ROCKSDB_COMPACTION_FILTER)
        return chosen if isinstance(chosen, self.RocksdbCompactFilterCleanupStrategy) else None


class StateTtlConfig:
    """How long the values of a state live, what makes them live longer, and how they go.

    Made by ``StateTtlConfig.new_builder(ttl)...build()``.
    """

    class UpdateType(Enum):
        """What starts a value's time anew."""

        Disabled = 0
        OnCreateAndWrite = 1
        OnReadAndWrite = 2

    class StateVisibility(Enum):
        """Whether a value that has expired, but is still there, is returned."""

        ReturnExpiredIfNotCleanedUp = 0
        NeverReturnExpired = 1

    class TtlTimeCharacteristic(Enum):
        """Which time counts."""

        ProcessingTime = 0

    CleanupStrategies: TypeAlias = TtlCleanup

    def __init__(
        self,
        update_type: UpdateType,
        state_visibility: StateVisibility,
        ttl_time_characteristic: TtlTimeCharacteristic,
        ttl: Duration | Time | timedelta,
        cleanup_strategies: TtlCleanup,
    ) -> None:
        self.ttl_ms = to_millis(ttl, "StateTtlConfig(.., ttl)")
        if self.ttl_ms <= 0:
            raise StateError(f"StateTtlConfig(.., {ttl!r}, ..): the time to live must be 1 ms or more")
        self._update_type = update_type
        self._state_visibility = state_visibility
        self._ttl_time_characteristic = ttl_time_characteristic
        self._ttl = ttl
        self._cleanup_strategies = cleanup_strategies

    @staticmethod
    def new_builder(ttl: Duration | Time | timedelta) -> StateTtlConfig.Builder:
        """A builder, whose settings can be changed before ``build()``."""
        return StateTtlConfig.Builder(ttl)

    def get_update_type(self) -> UpdateType:
        """What starts a value's time anew."""
        return self._update_type

    def get_state_visibility(self) -> StateVisibility:
        """Whether a value that has expired, but is still there, is returned."""
        return self._state_visibility

    def get_ttl(self) -> Duration | Time | timedelta:
        """How long values live."""
        return self._ttl

    def get_ttl_time_characteristic(self) -> TtlTimeCharacteristic:
        """Which time counts."""
        return self._ttl_time_characteristic

    def is_enabled(self) -> bool:
        """Whether values expire at all."""
        return self._update_type is not StateTtlConfig.UpdateType.Disabled

    def get_cleanup_strategies(self) -> TtlCleanup:
        """How values that have expired are removed."""
        return self._cleanup_strategies

    def __repr__(self) -> str:
        return (
            f"StateTtlConfig({self._ttl!r}, {self._update_type.name}, {self._state_visibility.name}, "
            f"{self._ttl_time_characteristic.name})"
        )

    class Builder:
        """Collects settings. Unless told otherwise: on create and write, expired values never returned.

        Parameters
        ----------
        ttl : Duration, Time or timedelta
        """

        def __init__(self, ttl: Duration | Time | timedelta) -> None:
            self._ttl = ttl
            self._update_type = StateTtlConfig.UpdateType.OnCreateAndWrite
            self._state_visibility = StateTtlConfig.StateVisibility.NeverReturnExpired
            self._ttl_time_characteristic = StateTtlConfig.TtlTimeCharacteristic.ProcessingTime
            self._is_cleanup_in_background = True
            self._strategies: dict[TtlCleanup.Strategies, TtlCleanup.CleanupStrategy] = {}

        def set_update_type(self, update_type: StateTtlConfig.UpdateType) -> StateTtlConfig.Builder:
            """What starts a value's time anew."""
            self._update_type = update_type
            return self

        def update_ttl_on_create_and_write(self) -> StateTtlConfig.Builder:
            """Writing a value starts its time anew."""
            return self.set_update_type(StateTtlConfig.UpdateType.OnCreateAndWrite)

        def update_ttl_on_read_and_write(self) -> StateTtlConfig.Builder:
            """Reading a value starts its time anew too."""
            return self.set_update_type(StateTtlConfig.UpdateType.OnReadAndWrite)

        def set_state_visibility(self, state_visibility: StateTtlConfig.StateVisibility) -> StateTtlConfig.Builder:
            """Whether a value that has expired, but is still there, is returned."""
            self._state_visibility = state_visibility
            return self

        def return_expired_if_not_cleaned_up(self) -> StateTtlConfig.Builder:
            """Return a value that has expired as long as it is still there."""
            return self.set_state_visibility(StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp)

        def never_return_expired(self) -> StateTtlConfig.Builder:
            """A value that has expired is as good as gone."""
            return self.set_state_visibility(StateTtlConfig.StateVisibility.NeverReturnExpired)

        def set_ttl_time_characteristic(
            self, ttl_time_characteristic: StateTtlConfig.TtlTimeCharacteristic
        ) -> StateTtlConfig.Builder:
            """Which time counts."""
            self._ttl_time_characteristic = ttl_time_characteristic
            return self

        def use_processing_time(self) -> StateTtlConfig.Builder:
            """The clock counts."""
            return self.set_ttl_time_characteristic(StateTtlConfig.TtlTimeCharacteristic.ProcessingTime)

        def set_ttl(self, ttl: Duration | Time | timedelta) -> StateTtlConfig.Builder:
            """How long values live."""
            self._ttl = ttl
            return self

        def cleanup_full_snapshot(self) -> StateTtlConfig.Builder:
            """Leave what has expired out of checkpoints; in memory it stays."""
            strategies = TtlCleanup.Strategies
            self._strategies[strategies.FULL_STATE_SCAN_SNAPSHOT] = TtlCleanup.EMPTY_STRATEGY
            return self

        def cleanup_incrementally(
            self, cleanup_size: int, run_cleanup_for_every_record: bool
        ) -> StateTtlConfig.Builder:
            """Look at ``cleanup_size`` values whenever the state is used, and perhaps for every record too."""
            self._strategies[TtlCleanup.Strategies.INCREMENTAL_CLEANUP] = TtlCleanup.IncrementalCleanupStrategy(
                cleanup_size, run_cleanup_for_every_record
            )
            return self

        def cleanup_in_rocksdb_compact_filter(
            self, query_time_after_num_entries: int, periodic_compaction_time: Duration | Time | timedelta | None = None
        ) -> StateTtlConfig.Builder:
            """Remove what has expired while RocksDB compacts; state in memory is cleaned up as by default."""
            self._strategies[TtlCleanup.Strategies.ROCKSDB_COMPACTION_FILTER] = (
                TtlCleanup.RocksdbCompactFilterCleanupStrategy(query_time_after_num_entries, periodic_compaction_time)
            )
            return self

        def disable_cleanup_in_background(self) -> StateTtlConfig.Builder:
            """Take no strategy where none was chosen: a value goes when it is read after it has expired."""
            self._is_cleanup_in_background = False
            return self

        def build(self) -> StateTtlConfig:
            """The configuration."""
            return StateTtlConfig(
                self._update_type,
                self._state_visibility,
                self._ttl_time_characteristic,
                self._ttl,
                TtlCleanup(dict(self._strategies), self._is_cleanup_in_background),
            )
