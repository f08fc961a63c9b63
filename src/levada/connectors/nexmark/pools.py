"""Strings to choose from: texts are drawn from pools made once from the seed, as the reference caches its URLs."""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING

from levada.connectors.datagen import splitmix64

if TYPE_CHECKING:
    import pyarrow as pa

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_FIRST_NAMES = ["Ana", "Bento", "Clara", "Duarte", "Elsa", "Filipe", "Gil", "Helena", "Ivo", "Joana", "Luis"]
_LAST_NAMES = ["Abreu", "Brito", "Caldeira", "Drumond", "Freitas", "Gouveia", "Jardim", "Nunes", "Perestrelo"]
_CITIES = ["Austin", "Boston", "Chicago", "Dallas", "Denver", "El Paso", "Fresno", "Houston", "Omaha", "Tucson"]
_STATES = ["AZ", "CA", "ID", "OR", "WA", "WY"]
_HOT_CHANNELS = ["Google", "Facebook", "Baidu", "Apple"]
CHANNELS = 10_000
HOT_CHANNELS = len(_HOT_CHANNELS)
POOL = 4096


def _word(rng: Random, longest: int, gap: str = " ") -> str:
    """3 to ``longest - 1`` letters, with a gap at one place in 13."""
    length = rng.randrange(3, longest)
    return "".join(gap if rng.randrange(13) == 0 else rng.choice(_LETTERS) for _ in range(length)).strip()


@lru_cache(maxsize=64)
def texts(kind: str, seed: int, size: int = 0) -> pa.Array:
    """The pool of a kind of text; ``size`` is the average length of padding."""
    import pyarrow as pa

    rng = Random(splitmix64(seed) + sum(kind.encode()) * 1_000_003 + size)
    return pa.array(list(_MAKERS[kind](rng, size)), pa.string())


def _names(rng: Random, size: int) -> list[str]:
    return [f"{first} {last}" for first in _FIRST_NAMES for last in _LAST_NAMES]


def _emails(rng: Random, size: int) -> list[str]:
    return [f"{_word(rng, 7)}@{_word(rng, 5)}.com" for _ in range(POOL)]


def _cards(rng: Random, size: int) -> list[str]:
    return [" ".join(f"{rng.randrange(10_000):04d}" for _ in range(4)) for _ in range(POOL)]


def _cities(rng: Random, size: int) -> list[str]:
    return _CITIES


def _states(rng: Random, size: int) -> list[str]:
    return _STATES


def _items(rng: Random, size: int) -> list[str]:
    return [_word(rng, 20) for _ in range(POOL)]


def _descriptions(rng: Random, size: int) -> list[str]:
    return [_word(rng, 100) for _ in range(POOL)]


def _channels(rng: Random, size: int) -> list[str]:
    return _HOT_CHANNELS + [f"channel-{number}" for number in range(CHANNELS)]


def _urls(rng: Random, size: int) -> list[str]:
    """One per channel; of those that are not hot, one in ten lacks the channel's number."""
    urls = []
    for number in range(-HOT_CHANNELS, CHANNELS):
        url = f"https://www.nexmark.com/{_word(rng, 5, '_')}/{_word(rng, 5, '_')}/{_word(rng, 5, '_')}/item.htm?query=1"
        if number >= 0 and rng.randrange(10) > 0:
            url += f"&channel_id={_reversed_bits(number)}"
        urls.append(url)
    return urls


def _reversed_bits(number: int) -> int:
    """The 32 bits of a number in reverse, as the absolute value of a signed number."""
    bits = int(f"{number:032b}"[::-1], 2)
    return abs(bits - 2**32 if bits >= 2**31 else bits)


def _padding(rng: Random, size: int) -> list[str]:
    """Letters, ``size`` on average and up to a fifth more or less."""
    if size <= 0:
        return [""]
    spread = round(size * 0.2)
    lengths = [size - spread + (rng.randrange(2 * spread) if spread else 0) for _ in range(POOL)]
    return ["".join(rng.choices(_LETTERS, k=length)) for length in lengths]


_MAKERS = {
    "name": _names,
    "email": _emails,
    "card": _cards,
    "city": _cities,
    "state": _states,
    "item": _items,
    "description": _descriptions,
    "channel": _channels,
    "url": _urls,
    "padding": _padding,
}
