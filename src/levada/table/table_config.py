"""``TableConfig``: a table environment's configuration."""

from __future__ import annotations

from levada.common.configuration import Configuration
from levada.common.errors import ConfigError
from levada.common.options import TABLE_TIME_ZONE

__all__ = ["TableConfig"]


class TableConfig:
    """Values by key; changes count for statements executed afterwards."""

    def __init__(self, configuration: Configuration | None = None) -> None:
        self._configuration = Configuration.layered() if configuration is None else configuration

    @staticmethod
    def get_default() -> TableConfig:
        """A configuration without values of its own."""
        return TableConfig()

    def get(self, key: str, default_value: str) -> str:
        """The text under ``key``."""
        value = self._configuration.get_string(key, default_value)
        return default_value if value is None else value

    def set(self, key: str, value: str) -> TableConfig:
        """Store a text; unknown keys are refused."""
        self._configuration.set_string(key, value)
        return self

    def get_configuration(self) -> Configuration:
        """The configuration itself."""
        return self._configuration

    def add_configuration(self, configuration: Configuration) -> None:
        """Take over these values."""
        self._configuration.add_all(configuration)

    def to_map(self) -> dict[str, str]:
        """All values that are set."""
        return self._configuration.to_dict()

    def get_local_timezone(self) -> str:
        """The session's time zone."""
        zone = self._configuration.get(TABLE_TIME_ZONE)
        _check(zone, f"{TABLE_TIME_ZONE.key} is {zone!r}")
        return zone

    def set_local_timezone(self, timezone_id: str) -> None:
        """Show instants in this zone."""
        _check(timezone_id, f"set_local_timezone({timezone_id!r})")
        self._configuration.set(TABLE_TIME_ZONE, timezone_id)


def _check(zone: str, where: str) -> None:
    if zone == "UTC":
        return
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(zone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ConfigError(f"{where}: this is no time zone; use a name such as 'Europe/Lisbon'") from None
