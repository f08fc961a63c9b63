"""Whether state that was declared one way may be read by a descriptor that declares it another way.

Types are compared by their descriptions, which stand in checkpoints. Values come back as they were stored, so a change
is compatible where every value of the old type is one of the new type too.
"""

from __future__ import annotations

import re

from levada.common.basic_typeinfo import TypeInformation
from levada.common.errors import StateError

_ORDERS = (("Byte", "Short", "Integer", "Long", "BigInteger"), ("Float", "Double"))
_WIDENINGS = {(old, new) for order in _ORDERS for at, old in enumerate(order) for new in order[at + 1 :]}
_ANY_OBJECT = "PickledByteArrayTypeInfo"
_NESTED = re.compile(r"(\w+)[(<](.*)[)>]")


def description(declared: TypeInformation) -> str:
    """What a checkpoint keeps of a declared type."""
    return repr(declared)


def check_type(state: str, operator: str, old: str | None, new: str | None) -> None:
    """Refuse a declared type that does not fit what the checkpoint holds; None is a type that was not declared.

    Raises
    ------
    StateError
        With both types and the remedy.
    """
    if old is None or new is None or fits(old, new):
        return
    raise StateError(
        f"state {state!r} of operator {operator!r}: the checkpoint holds values of type {old}, the descriptor declares "
        f"{new}. Declare the old type again, or give the state another name and fill it anew; a type may only become "
        "wider: INT to LONG, FLOAT to DOUBLE, any type to PICKLED_BYTE_ARRAY"
    )


def fits(old: str, new: str) -> bool:
    """Whether all values of the type described by ``old`` are of the type described by ``new``."""
    if old == new or (old, new) in _WIDENINGS or _ANY_OBJECT in (old, new):
        return True
    (head, parts), (new_head, new_parts) = _taken_apart(old), _taken_apart(new)
    return bool(parts) and head == new_head and len(parts) == len(new_parts) and all(map(fits, parts, new_parts))


def _taken_apart(described: str) -> tuple[str, list[str]]:
    """``Tuple(Long, List(Long))`` as ``Tuple`` and its parts; a row's field ``a: Long`` as ``a`` and ``Long``."""
    match = _NESTED.fullmatch(described)
    if match is None:
        name, colon, declared = described.partition(": ")
        return (name, [declared]) if colon else (described, [])
    parts, depth, start = [], 0, 0
    inside = match[2]
    for at, letter in enumerate(inside):
        depth += (letter in "(<") - (letter in ")>")
        if letter == "," and not depth:
            parts.append(inside[start:at].strip())
            start = at + 1
    return match[1], [*parts, inside[start:].strip()]
