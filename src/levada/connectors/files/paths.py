"""Which files a path means: one file, all files below a directory, or what matches a glob."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path

from levada.common.errors import JobBuildError

COMPRESSED = (".gz", ".bz2", ".xz")
"""Endings of files that are decompressed as they are read, from the front only."""


def local_path(path: str | os.PathLike[str], call: str) -> str:
    """A path of the local file system; ``file:`` URIs are taken too, other systems refused."""
    if not isinstance(path, str | os.PathLike):
        raise JobBuildError(f"{call}: {path!r} is not a path; pass a str or pathlib.Path")
    text = os.fspath(path)
    if text.startswith("file://"):
        return text.removeprefix("file://")
    if "://" in text:
        raise JobBuildError(f"{call}: {text!r} is not on the local file system; only paths and file:// URIs are read")
    return text.removeprefix("file:")


def check_exists(path: str, call: str) -> None:
    """Refuse a path with nothing behind it, naming the nearest parent that exists."""
    if has_magic(path) and not Path(path).exists():
        if not _matches(path):
            raise JobBuildError(f"{call}: no file matches {path!r}{_nearest(path)}")
        return
    if not Path(path).exists():
        raise JobBuildError(f"{call}: there is no file or directory {path!r}{_nearest(path)}")


def _nearest(path: str) -> str:
    for parent in Path(path).absolute().parents:
        if not has_magic(str(parent)) and parent.exists():
            return f"; the nearest existing directory is {str(parent)!r}"
    return ""


def find_files(paths: Iterable[str]) -> Iterator[str]:
    """All files the paths mean, sorted within each; in directories, names that begin with ``.`` or ``_`` are hidden."""
    for path in paths:
        found = _matches(path) if has_magic(path) and not Path(path).exists() else [path]
        for entry in found:
            if Path(entry).is_dir():
                yield from _below(entry)
            elif Path(entry).exists():
                yield entry


def _matches(pattern: str) -> list[str]:
    # Path.glob takes no absolute patterns.
    return sorted(glob(pattern, recursive=True))  # noqa: PTH207


def _below(directory: str) -> Iterator[str]:
    for folder, subfolders, names in os.walk(directory):
        subfolders[:] = sorted(name for name in subfolders if not is_hidden(name))
        for name in sorted(names):
            if not is_hidden(name):
                yield str(Path(folder, name))


def is_hidden(name: str) -> bool:
    """Whether a file or directory of this name is passed over."""
    return name.startswith((".", "_"))
