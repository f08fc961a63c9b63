"""``ConfigOptions.key(...)``: options of every type."""

from __future__ import annotations

from typing import Any

import pytest

from levada.common import ConfigOptions, Configuration


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("boolean_type", "true", True),
        ("int_type", "7", 7),
        ("long_type", "7", 7),
        ("float_type", "2.5", 2.5),
        ("double_type", "2.5", 2.5),
        ("string_type", "some text", "some text"),
        ("memory_type", "4 kb", 4096),
        ("map_type", "a:1,b:2", {"a": "1", "b": "2"}),
    ],
)
def test_an_option_of_each_type(kind: str, text: str, value: Any) -> None:
    typed = getattr(ConfigOptions.key("user.option"), kind)()
    option = typed.no_default_value()
    config = Configuration()
    assert config.get(option) is None
    assert config.get(typed.default_value(value)) == value
    config.set_string("user.option", text)
    assert config.get(option) == value
