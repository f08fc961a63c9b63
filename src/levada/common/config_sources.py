"""Where configuration values come from, and what happens to one on its way in.

Every value, whatever its source, passes ``entry``: the key must be known, ``${env:..}`` and ``${file:..}`` are
expanded, the value must fit the key's type, and a secret is remembered so that it is shown nowhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from levada.common import redaction
from levada.common.config_options import ConfigOption
from levada.common.config_types import OptionType
from levada.common.errors import ConfigError
from levada.common.options import FREE_PREFIXES, WITHOUT_EFFECT, all_options, find

CODE = "code"
DEFAULT = "default"
OVERRIDE = "--set"
ENVIRONMENT_PREFIX = "LEVADA_"
CONFIG_FILE_VARIABLE = "LEVADA_CONFIG_FILE"
CONFIG_FILE_NAME = "levada.toml"

_UNCHECKED_VARIABLES = ("LEVADA_TEST_", "LEVADA_BENCH_")
"""Variables of the test suite and the benchmarks: not configuration."""

_REFERENCE = re.compile(r"\$\{(env|file):([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A value: as it was written, as it counts, and where it was written."""

    text: str
    expanded: str
    source: str

    def parse(self, key: str, kind: OptionType[Any]) -> Any:
        """The value by type; a ``ConfigError`` that names key, source and remedy if it does not fit."""
        try:
            return kind.parse(self.expanded)
        except ValueError as error:
            raise ConfigError(f"{key} = {self.shown(key)!r} (from {self.source}): expected {error}") from None

    def shown(self, key: str) -> str:
        """The value as it may be printed: references unexpanded, secrets masked."""
        return redaction.mask(key, self.text)


Layer = dict[str, Entry]

_overrides: Layer = {}
_announced: set[str] = set()


def entry(key: str, value: Any, source: str, option: ConfigOption[Any] | None = None) -> Entry:
    """Check a value and make it ready for its layer; ``option`` gives the type of a key of the program's own."""
    known = find(key)
    if known is None:
        _check_key(key, source)
        known = option
    text = _as_text(key, value, known, source)
    made = Entry(text, _expand(key, text, source), source)
    if redaction.is_secret_key(key):
        redaction.remember(made.expanded)
    if known is not None:
        made.parse(key, known.type)
    return made


def set_overrides(values: Mapping[str, str], source: str = OVERRIDE) -> None:
    """Put values into the highest layer of this process, above everything a program sets (``levada run --set``)."""
    for key, value in values.items():
        _overrides[key] = entry(key, value, source)


def clear_overrides() -> None:
    """Empty the highest layer."""
    _overrides.clear()


def override_layer() -> Layer:
    """The highest layer, shared by all configurations of this process."""
    return _overrides


def environment_layer(environment: Mapping[str, str] | None = None) -> Layer:
    """What the ``LEVADA_*`` variables say.

    ``__`` in a variable's name stands for ``.`` and ``_`` for ``-``: ``LEVADA_PARALLELISM__DEFAULT=4`` sets
    ``parallelism.default``, ``LEVADA_PIPELINE__MAX_PARALLELISM`` sets ``pipeline.max-parallelism``.
    """
    layer: Layer = {}
    for name, value in (os.environ if environment is None else environment).items():
        if not name.startswith(ENVIRONMENT_PREFIX) or name == CONFIG_FILE_VARIABLE:
            continue
        if name.startswith(_UNCHECKED_VARIABLES):
            continue
        key = name.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", ".").replace("_", "-")
        layer[key] = entry(key, value, name)
    return layer


def file_layer(path: Path | None = None) -> Layer:
    """What ``levada.toml`` in the working directory says, or the file that ``LEVADA_CONFIG_FILE`` names.

    Tables and dotted keys mean the same: ``[parallelism] default = 4`` is ``parallelism.default = 4``.
    """
    named = os.environ.get(CONFIG_FILE_VARIABLE)
    location = path or Path(named or CONFIG_FILE_NAME)
    if not location.is_file():
        if path or named:
            raise ConfigError(f"the configuration file {str(location)!r} (from {CONFIG_FILE_VARIABLE}) does not exist")
        return {}
    import tomllib

    try:
        tables = tomllib.loads(location.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{location}: not valid TOML: {error}") from None
    return {key: entry(key, value, str(location)) for key, value in _flatten(tables, str(location)).items()}


def _flatten(table: Mapping[str, Any], source: str, prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in table.items():
        key = prefix + name
        if isinstance(value, dict) and find(key) is None:
            flat.update(_flatten(value, source, key + "."))
        else:
            flat[key] = value
    return flat


def _check_key(key: str, source: str) -> None:
    if key.startswith(FREE_PREFIXES):
        return
    for prefix, reason in WITHOUT_EFFECT.items():
        if key.startswith(prefix):
            if key not in _announced:
                _announced.add(key)
                from levada.common.logs import get_logger

                get_logger(__name__).warning("%s (from %s) has no effect: %s", key, source, reason)
            return
    raise ConfigError(f"unknown configuration key {key!r} (from {source}){_suggestion(key)}")


def _suggestion(key: str) -> str:
    from difflib import get_close_matches

    keys = [option.key for option in all_options()]
    near = get_close_matches(key, keys, n=1, cutoff=0.6) or [each for each in keys if each.endswith("." + key)][:1]
    if near:
        return f": did you mean {near[0]!r}?"
    return ": `levada config` lists all keys; keys of your own begin with 'user.'"


def _as_text(key: str, value: Any, option: ConfigOption[Any] | None, source: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, PurePath):
        return str(value)
    try:
        if option is not None:
            return option.type.format(value)
    except (ValueError, TypeError, AttributeError) as error:
        shown = redaction.mask(key, value)
        raise ConfigError(f"{key} = {shown} (from {source}): expected {error}") from None
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _expand(key: str, text: str, source: str) -> str:
    if "${" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        kind, name = match.groups()
        if kind == "env":
            value = os.environ.get(name)
            if value is None:
                raise ConfigError(f"{key} (from {source}): the environment variable {name!r} is not set")
            return value
        try:
            return Path(name).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{key} (from {source}): cannot read {name!r}: {error}") from None

    return _REFERENCE.sub(replace, text)
