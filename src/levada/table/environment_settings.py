"""``EnvironmentSettings``: streaming or batch, and the configuration a table environment begins with."""

from __future__ import annotations

from levada.common.configuration import Configuration
from levada.sql.catalog import DEFAULT_CATALOG, DEFAULT_DATABASE

__all__ = ["EnvironmentSettings"]


class EnvironmentSettings:
    """Made by ``in_streaming_mode()``, ``in_batch_mode()`` or ``new_instance()``."""

    def __init__(self, streaming: bool = True, configuration: Configuration | None = None) -> None:
        self._streaming = streaming
        self._configuration = configuration or Configuration()

    @staticmethod
    def in_streaming_mode() -> EnvironmentSettings:
        """Results are a changelog that follows the input."""
        return EnvironmentSettings(True)

    @staticmethod
    def in_batch_mode() -> EnvironmentSettings:
        """Results come once, when the bounded input has ended."""
        return EnvironmentSettings(False)

    @staticmethod
    def new_instance() -> EnvironmentSettings.Builder:
        """A builder of settings."""
        return EnvironmentSettings.Builder()

    def is_streaming_mode(self) -> bool:
        """Whether results are a changelog."""
        return self._streaming

    def get_configuration(self) -> Configuration:
        """The configuration that table environments made from this begin with."""
        return self._configuration

    def get_built_in_catalog_name(self) -> str:
        """The catalog that is there from the start."""
        return DEFAULT_CATALOG

    def get_built_in_database_name(self) -> str:
        """The database that is there from the start."""
        return DEFAULT_DATABASE

    class Builder:
        """Collects settings; every method gives the builder back."""

        def __init__(self) -> None:
            self._streaming = True
            self._configuration: Configuration | None = None

        def in_streaming_mode(self) -> EnvironmentSettings.Builder:
            """Results are a changelog."""
            self._streaming = True
            return self

        def in_batch_mode(self) -> EnvironmentSettings.Builder:
            """Results come once."""
            self._streaming = False
            return self

        def with_configuration(self, configuration: Configuration) -> EnvironmentSettings.Builder:
            """Begin with these values."""
            self._configuration = configuration
            return self

        def build(self) -> EnvironmentSettings:
            """The settings."""
            return EnvironmentSettings(self._streaming, self._configuration)
