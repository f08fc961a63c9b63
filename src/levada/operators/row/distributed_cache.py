"""Files that a program registered for its functions, by name."""

from __future__ import annotations

from pathlib import Path

from levada.common.configuration import Configuration
from levada.common.errors import UserError
from levada.common.options import CACHED_FILES


class DistributedCache:
    """What ``env.register_cached_file`` registered. Functions run where the files are, so none is copied."""

    def __init__(self, configuration: Configuration) -> None:
        self._files = configuration.get(CACHED_FILES)

    def get_file(self, name: str) -> Path:
        """Where the file is that was registered under ``name``."""
        if name not in self._files:
            known = ", ".join(sorted(self._files)) or "none"
            raise UserError(
                f"get_file({name!r}): no file was registered under this name (there are: {known}); call "
                f"env.register_cached_file(path, {name!r})"
            )
        return Path(self._files[name])
