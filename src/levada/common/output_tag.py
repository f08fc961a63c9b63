"""Side outputs are addressed by tags."""

from __future__ import annotations

from typing import Generic, TypeVar

from levada.common.errors import JobBuildError
from levada.common.typeinfo import TypeInformation, type_information_of

T = TypeVar("T")


class OutputTag(Generic[T]):
    """Names a side output; ``yield tag, value`` in a process function puts ``value`` on it.

    Two tags with the same id name the same side output.

    Parameters
    ----------
    tag_id : str
        The name, unique among the side outputs of one operator; not empty.
    type_info : TypeInformation or type, optional
        The type of the values.

    Examples
    --------
    >>> OutputTag("late") == OutputTag("late")
    True
    """

    __slots__ = ("tag_id", "type_info")

    def __init__(self, tag_id: str, type_info: TypeInformation[T] | type[T] | None = None) -> None:
        if not isinstance(tag_id, str) or not tag_id:
            raise JobBuildError(f"OutputTag({tag_id!r}): the id of a side output is a non-empty string")
        self.tag_id = tag_id
        self.type_info = (
            None if type_info is None else type_information_of(type_info, f"OutputTag({tag_id!r}, type_info)")
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OutputTag) and self.tag_id == other.tag_id

    def __hash__(self) -> int:
        return hash(self.tag_id)

    def __repr__(self) -> str:
        return f"OutputTag({self.tag_id!r})"
