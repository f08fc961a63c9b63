"""How files are cut into splits and dealt out, under PyFlink's names."""

from __future__ import annotations

from dataclasses import dataclass

from levada.common.errors import JobBuildError

SPLIT_BYTES = 64 * 1024 * 1024
_NEVER_CUT = 2**62


@dataclass(frozen=True)
class FileEnumeratorProvider:
    """Whether large files may be read by several readers, each a part of it."""

    split_bytes: int

    @staticmethod
    def default_splittable_file_enumerator() -> FileEnumeratorProvider:
        """They may, if their format allows it (the default)."""
        return FileEnumeratorProvider(SPLIT_BYTES)

    @staticmethod
    def default_non_splittable_file_enumerator() -> FileEnumeratorProvider:
        """Each file is read by one reader."""
        return FileEnumeratorProvider(_NEVER_CUT)


@dataclass(frozen=True)
class FileSplitAssignerProvider:
    """Which reader gets which split."""

    @staticmethod
    def locality_aware_split_assigner() -> FileSplitAssignerProvider:
        """Any reader that asks: all files are local."""
        return FileSplitAssignerProvider()


def check(given: object, kind: type, call: str, remedy: str) -> None:
    """Refuse what is not of this kind."""
    if not isinstance(given, kind):
        raise JobBuildError(f"{call}({given!r}): pass {kind.__name__}.{remedy}()")
