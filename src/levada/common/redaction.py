"""Keeping secrets out of everything that is printed: configuration, plans, logs and errors.

A value is secret when its key says so (``user.db-password``, ``apiToken``). ``mask`` hides such a value; ``scrub``
takes secrets that have been met (``remember``), and passwords inside URLs, out of any text.
"""

from __future__ import annotations

import re

MASK = "***"

_SECRET_WORD = re.compile(r"(?i:password|secret|token|key)s?(?![a-z])")
_URL_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):([^\s/@]+)(?=@)")

_SHORTEST = 6
"""Shorter values are words like ``json`` or ``true``: hiding them everywhere would only garble texts."""

_remembered: set[str] = set()


def is_secret_key(key: str) -> bool:
    """Whether a word of the key is, or ends in, password, secret, token or key.

    Examples
    --------
    >>> is_secret_key("user.db.password"), is_secret_key("apiKey"), is_secret_key("pipeline.keyed-by")
    (True, True, False)
    """
    return _SECRET_WORD.search(key) is not None


def mask(key: str, value: object) -> str:
    """The value as text, or ``***`` where the key is a secret's."""
    return MASK if is_secret_key(key) else scrub(str(value))


def remember(value: str) -> None:
    """Hide this text from now on wherever ``scrub`` is applied."""
    if len(value) >= _SHORTEST:
        _remembered.add(value)


def scrub(text: str) -> str:
    """``text`` without the secrets met so far and without passwords in URLs."""
    for secret in _remembered:
        if secret in text:
            text = text.replace(secret, MASK)
    return _URL_PASSWORD.sub(rf"\1:{MASK}", text) if "://" in text else text
