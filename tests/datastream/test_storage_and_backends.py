"""State backends and checkpoint storages, as PyFlink names them."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from levada.common.errors import JobBuildError
from levada.common.options import CHECKPOINT_DIR
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.checkpoint_storage import FileSystemCheckpointStorage, JobManagerCheckpointStorage
from levada.datastream.state_backend import EmbeddedRocksDBStateBackend, HashMapStateBackend, PredefinedOptions


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment.get_execution_environment()


def test_there_is_one_backend(env: StreamExecutionEnvironment, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert env.set_state_backend(HashMapStateBackend()) is env
        assert not caplog.records
        env.set_state_backend(EmbeddedRocksDBStateBackend())
    assert "state is kept in memory" in caplog.text
    with pytest.raises(JobBuildError, match="HashMapStateBackend"):
        env.set_state_backend("rocksdb")  # type: ignore[arg-type]


def test_options_of_rocksdb_are_told_back() -> None:
    backend = EmbeddedRocksDBStateBackend(True)
    assert backend.is_incremental_checkpoints_enabled()
    assert (backend.get_db_storage_paths(), backend.get_options(), backend.get_number_of_transfer_threads()) == (
        [],
        None,
        4,
    )
    assert backend.get_predefined_options() is PredefinedOptions.DEFAULT
    backend.set_db_storage_paths("/a", "/b")
    backend.set_options("Factory")
    backend.set_number_of_transfer_threads(8)
    backend.set_predefined_options(PredefinedOptions.FLASH_SSD_OPTIMIZED)
    assert (backend.get_db_storage_paths(), backend.get_options(), backend.get_number_of_transfer_threads()) == (
        ["/a", "/b"],
        "Factory",
        8,
    )
    assert backend.get_predefined_options() is PredefinedOptions.FLASH_SSD_OPTIMIZED


def test_checkpoints_go_into_the_storage(env: StreamExecutionEnvironment, tmp_path: Path) -> None:
    config = env.enable_checkpointing(1000).get_checkpoint_config()
    assert isinstance(config.get_checkpoint_storage(), JobManagerCheckpointStorage)
    config.set_checkpoint_storage(FileSystemCheckpointStorage(tmp_path))
    found = config.get_checkpoint_storage()
    assert isinstance(found, FileSystemCheckpointStorage)
    assert (found.get_checkpoint_path(), found.get_savepoint_path()) == (str(tmp_path), None)
    env.from_collection([1]).add_sink(lambda _: None)
    env.execute()
    assert any(tmp_path.iterdir())
    config.set_checkpoint_storage(tmp_path / "other").set_checkpoint_storage(JobManagerCheckpointStorage())
    assert env.get_configuration().get(CHECKPOINT_DIR) == str(tmp_path / "other")


def test_sizes_are_told_back() -> None:
    storage = FileSystemCheckpointStorage("some", 5, 6)
    assert (storage.get_min_file_size_threshold(), storage.get_write_buffer_size()) == (5, 6)
    storage = FileSystemCheckpointStorage("some")
    assert (storage.get_min_file_size_threshold(), storage.get_write_buffer_size()) == (20480, 4096)
    assert JobManagerCheckpointStorage().get_max_state_size() == JobManagerCheckpointStorage.DEFAULT_MAX_STATE_SIZE
    assert JobManagerCheckpointStorage("some", 7).get_max_state_size() == 7
    with pytest.raises(JobBuildError, match="pass a directory"):
        FileSystemCheckpointStorage("")
