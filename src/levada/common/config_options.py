"""A configuration option: a key, the type of its value, and a default.

Examples
--------
>>> option = ConfigOptions.key("user.threshold").int_type().default_value(3)
>>> option.key, option.default
('user.threshold', 3)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from levada.common import config_types
from levada.common.config_types import OptionType

T_co = TypeVar("T_co", covariant=True)
D = TypeVar("D")

__all__ = ["ConfigOption", "ConfigOptions"]


@dataclass(frozen=True)
class ConfigOption(Generic[T_co]):
    """A key with the type and default of its value. ``Configuration.get`` reads it, ``Configuration.set`` stores it."""

    key: str
    type: OptionType[Any]
    default: T_co
    description: str = ""

    def __repr__(self) -> str:
        return f"ConfigOption({self.key!r}, {self.type.name}, default={self.default!r})"


class ConfigOptions:
    """Builds options: ``ConfigOptions.key("user.limit").int_type().default_value(10)``."""

    @staticmethod
    def key(key: str) -> ConfigOptions.OptionBuilder:
        """Start an option with this key."""
        return ConfigOptions.OptionBuilder(key)

    class OptionBuilder:
        """Knows the key; each method fixes the type of the value."""

        def __init__(self, key: str) -> None:
            self._key = key

        def boolean_type(self) -> ConfigOptions.TypedConfigOptionBuilder[bool]:
            """``true`` or ``false``."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, config_types.BOOLEAN)

        def int_type(self) -> ConfigOptions.TypedConfigOptionBuilder[int]:
            """An integer."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, config_types.INTEGER)

        def long_type(self) -> ConfigOptions.TypedConfigOptionBuilder[int]:
            """An integer (of any size)."""
            return self.int_type()

        def float_type(self) -> ConfigOptions.TypedConfigOptionBuilder[float]:
            """A number."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, config_types.FLOAT)

        def double_type(self) -> ConfigOptions.TypedConfigOptionBuilder[float]:
            """A number."""
            return self.float_type()

        def string_type(self) -> ConfigOptions.TypedConfigOptionBuilder[str]:
            """A text."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, config_types.STRING)

        def duration_type(self) -> ConfigOptions.TypedConfigOptionBuilder[timedelta]:
            """A timedelta, written as ``10 s`` or ``PT10S``."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, config_types.DURATION)

        def memory_type(self) -> ConfigOptions.TypedConfigOptionBuilder[int]:
            """A number of bytes, written as ``4 mb``."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, config_types.SIZE)

        def map_type(self) -> ConfigOptions.TypedConfigOptionBuilder[dict[str, str]]:
            """A dict of texts, written as ``a:1,b:2``."""
            return ConfigOptions.TypedConfigOptionBuilder(self._key, config_types.MAP)

    class TypedConfigOptionBuilder(Generic[D]):
        """Knows key and type; the default completes the option."""

        def __init__(self, key: str, kind: OptionType[D]) -> None:
            self._key = key
            self._kind = kind

        def default_value(self, value: D) -> ConfigOption[D]:
            """The option with this default."""
            return ConfigOption(self._key, self._kind, value)

        def no_default_value(self) -> ConfigOption[D | None]:
            """The option without a default: ``None`` when it is not set."""
            return ConfigOption(self._key, self._kind, None)
