"""Configuration: values by key, from several layers, each value knowing where it came from.

A plain ``Configuration()`` holds what the program set. ``Configuration.layered()`` looks through all layers::

    --set  >  code  >  LEVADA_* environment  >  levada.toml  >  default

Values are kept as texts and read by type. ``${env:NAME}`` and ``${file:/path}`` in a value are replaced by the variable
and by the file's content; a value whose key names a secret is never shown.
"""

from __future__ import annotations

import base64
import builtins
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar, cast

from levada.common.config_options import ConfigOption
from levada.common.config_sources import (
    CODE,
    DEFAULT,
    Entry,
    Layer,
    entry,
    environment_layer,
    file_layer,
    override_layer,
)
from levada.common.config_types import BOOLEAN, FLOAT, INTEGER, OptionType
from levada.common.options import all_options

T = TypeVar("T")

__all__ = ["Configuration", "Setting"]


class Setting(NamedTuple):
    """One line of ``levada config``: the value as it may be shown, and where it came from."""

    key: str
    value: str
    source: str
    option: ConfigOption[Any] | None


class Configuration:
    """Values by key. The methods that name a type are PyFlink's; ``get`` and ``set`` take a ``ConfigOption``.

    Examples
    --------
    >>> from levada.common.options import PARALLELISM
    >>> config = Configuration().set_string("parallelism.default", "4")
    >>> config.get(PARALLELISM)
    4
    """

    def __init__(self, other: Configuration | None = None) -> None:
        self._code: Layer = dict(other._resolved()) if other is not None else {}
        self._above: tuple[Layer, ...] = ()
        self._below: tuple[Layer, ...] = ()

    @staticmethod
    def layered(code: Configuration | None = None) -> Configuration:
        """A configuration that looks through all layers; ``set_*`` on it changes the layer *code*.

        Parameters
        ----------
        code : Configuration, optional
            The values the layer *code* begins with.
        """
        config = Configuration()
        config._code = dict(code._code) if code is not None else {}
        config._above = (override_layer(),)
        config._below = (environment_layer(), file_layer())
        return config

    # --- typed access ------------------------------------------------------------------------------------------------

    def get(self, option: ConfigOption[T]) -> T:
        """The value of ``option``, or its default."""
        found = self._find(option.key)
        return option.default if found is None else cast(T, found.parse(option.key, option.type))

    def set(self, option: ConfigOption[T] | str, value: T | str) -> Configuration:
        """Store a value; refused when the key is unknown or the value does not fit it."""
        if isinstance(option, str):
            self._code[option] = entry(option, value, CODE)
        else:
            self._code[option.key] = entry(option.key, value, CODE, option)
        return self

    # --- PyFlink's access by key -------------------------------------------------------------------------------------

    def get_string(self, key: str, default_value: str | None) -> str | None:
        """The text under ``key``."""
        found = self._find(key)
        return default_value if found is None else found.expanded

    def set_string(self, key: str, value: str) -> Configuration:
        """Store a text."""
        return self.set(key, value)

    def get_integer(self, key: str, default_value: int | None) -> int | None:
        """The integer under ``key``."""
        return self._get(key, INTEGER, default_value)

    def set_integer(self, key: str, value: int) -> Configuration:
        """Store an integer."""
        return self.set(key, str(value))

    def get_boolean(self, key: str, default_value: bool | None) -> bool | None:
        """The boolean under ``key``."""
        return self._get(key, BOOLEAN, default_value)

    def set_boolean(self, key: str, value: bool) -> Configuration:
        """Store a boolean."""
        return self.set(key, BOOLEAN.format(value))

    def get_float(self, key: str, default_value: float | None) -> float | None:
        """The number under ``key``."""
        return self._get(key, FLOAT, default_value)

    def set_float(self, key: str, value: float) -> Configuration:
        """Store a number."""
        return self.set(key, str(value))

    def get_bytearray(self, key: str, default_value: bytearray | None) -> bytearray | None:
        """The bytes under ``key``."""
        return self._get(key, _BYTES, default_value)

    def set_bytearray(self, key: str, value: bytearray) -> Configuration:
        """Store bytes."""
        return self.set(key, _BYTES.format(value))

    # --- the whole ---------------------------------------------------------------------------------------------------

    def contains_key(self, key: str) -> bool:
        """Whether any layer has a value for ``key``."""
        return self._find(key) is not None

    def remove_config(self, key: str) -> bool:
        """Forget what the program set for ``key``; whether there was anything."""
        return self._code.pop(key, None) is not None

    def key_set(self) -> builtins.set[str]:
        """The keys that have a value."""
        return builtins.set(self._resolved())

    def to_dict(self) -> dict[str, str]:
        """Texts by key: what is in force, without defaults."""
        return {key: found.expanded for key, found in self._resolved().items()}

    def add_all(self, other: Configuration, prefix: str | None = None) -> None:
        """Take over the values of ``other``, with ``prefix`` put before their keys."""
        for key, found in other._resolved().items():
            self.set((prefix or "") + key, found.text)

    def add_all_to_dict(self, target_dict: dict[str, str]) -> None:
        """Put the values that are in force into ``target_dict``."""
        target_dict.update(self.to_dict())

    @staticmethod
    def from_dict(map: Mapping[str, str]) -> Configuration:
        """A configuration with these texts."""
        config = Configuration()
        for key, value in map.items():
            config.set(key, value)
        return config

    @staticmethod
    def parse_list_value(value: str | None) -> list[str]:
        """The items of ``a;b;c`` or ``[a, b, c]``."""
        text = (value or "").strip()
        if text.startswith("[") and text.endswith("]"):
            return [item.strip().strip("'\"") for item in text[1:-1].split(",") if item.strip()]
        return [item.strip() for item in text.split(";") if item.strip()]

    def settings(self) -> Iterator[Setting]:
        """Every option and every other key that has a value, secrets masked, with the source of each."""
        resolved = self._resolved()
        for option in all_options():
            found = resolved.pop(option.key, None)
            if found is None:
                default = "" if option.default is None else option.type.format(option.default)
                yield Setting(option.key, default, DEFAULT, option)
            else:
                yield Setting(option.key, found.shown(option.key), found.source, option)
        for key, found in sorted(resolved.items()):
            yield Setting(key, found.shown(key), found.source, None)

    def source_of(self, option: ConfigOption[Any] | str) -> str:
        """Where the value comes from: ``--set``, ``code``, ``LEVADA_...``, a file's path, or ``default``."""
        found = self._find(option if isinstance(option, str) else option.key)
        return DEFAULT if found is None else found.source

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __deepcopy__(self, memodict: dict[int, Any] | None = None) -> Configuration:
        copied = Configuration()
        copied._code, copied._above, copied._below = dict(self._code), self._above, self._below
        return copied

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{key}={found.shown(key)}" for key, found in sorted(self._resolved().items())) + "}"

    # --- inside ------------------------------------------------------------------------------------------------------

    def _find(self, key: str) -> Entry | None:
        for layer in (*self._above, self._code, *self._below):
            found = layer.get(key)
            if found is not None:
                return found
        return None

    def _resolved(self) -> Layer:
        merged: Layer = {}
        for layer in (*reversed(self._below), self._code, *reversed(self._above)):
            merged.update(layer)
        return merged

    def _get(self, key: str, kind: OptionType[T], default: T | None) -> T | None:
        found = self._find(key)
        return default if found is None else cast(T, found.parse(key, kind))


def _parse_bytes(text: str) -> bytearray:
    try:
        return bytearray(base64.b64decode(text, validate=True))
    except ValueError:
        raise ValueError("bytes stored by set_bytearray (base64)") from None


_BYTES: OptionType[bytearray] = OptionType("bytes", _parse_bytes, lambda value: base64.b64encode(value).decode())
