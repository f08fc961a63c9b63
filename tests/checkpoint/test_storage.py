"""Storage, the directory lock and the manifest's own checks."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levada.checkpoint import manifest as manifests
from levada.checkpoint.lock import DirectoryLock
from levada.checkpoint.manifest import FileEntry, Manifest, OperatorEntry, PartEntry
from levada.checkpoint.storage import LocalStorage, MemoryStorage
from levada.common.errors import CheckpointCorruptError, CheckpointDirectoryInUseError, StorageError
from levada.common.services import Storage


def some_manifest() -> Manifest:
    part = PartEntry("keyed", {0: [FileEntry("a.0.state.0.arrow", 3, 120, "ab" * 32)]})
    operator = OperatorEntry("counts", "process", "process:Count", True, 1, {"state": part})
    return Manifest(7, "job", "run", 1_700_000_000_000, 12, "checkpoint", 128, "0.1.0", {"process-1": operator})


@pytest.mark.parametrize("kind", ["local", "memory"])
def test_every_storage_keeps_lists_and_deletes(kind: str, tmp_path: Path) -> None:
    storage: Storage = LocalStorage(tmp_path / "deep" / "root") if kind == "local" else MemoryStorage()
    assert storage.list("chk-") == []
    storage.write("chk-1/b", b"two")
    storage.publish("chk-1/a", b"one")
    storage.publish("chk-1/a", b"new")
    storage.write("chk-2/c", b"")
    assert storage.list("chk-") == ["chk-1/a", "chk-1/b", "chk-2/c"]
    assert storage.read("chk-1/a") == b"new"
    storage.delete_tree("chk-1")
    storage.delete_tree("chk-9")
    assert storage.list("chk-") == ["chk-2/c"]
    with pytest.raises(FileNotFoundError):
        storage.read("chk-1/a")


def test_a_full_disk_says_so_and_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"no space left on the disk; free some, or point execution\.checkpointing"):
        LocalStorage(tmp_path).write("chk-1/a", b"x")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_really_full_device_is_reported(tmp_path: Path) -> None:
    (tmp_path / "chk-1").mkdir()
    (tmp_path / "chk-1" / "a").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="no space left on the disk"):
        LocalStorage(tmp_path).write("chk-1/a", b"x")


def test_a_directory_without_permission_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"cannot write .*file/chk-1/a: Not a directory"):
        LocalStorage(tmp_path / "file").write("chk-1/a", b"x")


def test_manifest_comes_back_equal() -> None:
    assert manifests.decode(manifests.encode(some_manifest()), "it") == some_manifest()


@given(st.data())
def test_any_flipped_or_missing_byte_of_a_manifest_is_noticed(data: st.DataObject) -> None:
    whole = manifests.encode(some_manifest())
    position = data.draw(st.integers(0, len(whole) - 2))
    if data.draw(st.booleans()):
        broken = whole[:position]
    else:
        broken = whole[:position] + bytes([whole[position] ^ data.draw(st.integers(1, 255))]) + whole[position + 1 :]
    try:
        read = manifests.decode(broken, "checkpoint x")
    except CheckpointCorruptError:
        return
    # White space between the two members is the only thing that does not matter.
    assert read == some_manifest()


def test_a_newer_format_is_refused_with_the_remedy() -> None:
    newer = some_manifest()
    newer.format_version = 99
    with pytest.raises(CheckpointCorruptError, match="upgrade Levada"):
        manifests.decode(manifests.encode(newer), "it")


def test_a_second_process_is_refused_by_pid(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom levada.checkpoint.lock import DirectoryLock\n"
        "lock = DirectoryLock(sys.argv[1])\nprint('held', flush=True)\ntime.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(CheckpointDirectoryInUseError, match=f"in use by process {holder.pid}"):
            DirectoryLock(tmp_path)
    finally:
        holder.kill()
        holder.communicate()
    # The lock died with its holder.
    DirectoryLock(tmp_path).release()


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    first = DirectoryLock(tmp_path)
    first.release()
    DirectoryLock(tmp_path).release()
