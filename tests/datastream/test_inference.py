"""Result types read from annotations."""

import functools
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from levada.common import OutputTag, Types
from levada.common.typeinfo import ObjectTypeInfo
from levada.datastream.inference import result_type

T = TypeVar("T")


@dataclass
class Bid:
    price: int


class Caller:
    def __call__(self, value: int) -> str:
        return str(value)

    def method(self, value: int) -> float:
        return float(value)


def plain(value: int) -> int:
    return value


def untyped(value):  # type: ignore[no-untyped-def]
    return value


def generic(value: T) -> T:
    return value


def broken(value: "Absent") -> "Absent":  # type: ignore[name-defined]  # noqa: F821
    return value


def optional(value: int) -> int | None:
    return value


@pytest.mark.parametrize(
    ("target", "info"),
    [
        (plain, Types.LONG()),
        (functools.partial(plain), Types.LONG()),
        (optional, Types.LONG()),
        (Caller(), Types.STRING()),
        (Caller().method, Types.DOUBLE()),
        (Bid, ObjectTypeInfo(Bid)),
        (int, Types.LONG()),
        (len, None),
        (untyped, None),
        (generic, None),
        (broken, None),
        (lambda value: value, None),
    ],
    ids=repr,
)
def test_one_value(target: Any, info: Any) -> None:
    assert result_type(target) == info


def many_iterator(value: int) -> Iterator[int]:
    yield value


def many_iterable(value: int) -> Iterable[str] | None:
    return None


def many_generator(value: int) -> Generator[Bid, None, None]:
    yield Bid(value)


def many_list(value: int) -> list[tuple[int, str]]:
    return []


def many_aside(value: int) -> Iterator[int | tuple[OutputTag[str], str]]:
    yield value


def many_only_aside(value: int) -> Iterator[tuple[OutputTag[Any], Any]]:
    yield OutputTag("x"), value


def many_mixed(value: int) -> Iterator[int | str]:
    yield value


@pytest.mark.parametrize(
    ("target", "info"),
    [
        (many_iterator, Types.LONG()),
        (many_iterable, Types.STRING()),
        (many_generator, ObjectTypeInfo(Bid)),
        (many_list, Types.TUPLE([Types.LONG(), Types.STRING()])),
        (many_aside, Types.LONG()),
        (many_only_aside, None),
        (many_mixed, None),
        (plain, None),
        (list, None),
    ],
    ids=repr,
)
def test_elements_of_many(target: Any, info: Any) -> None:
    assert result_type(target, many=True) == info
