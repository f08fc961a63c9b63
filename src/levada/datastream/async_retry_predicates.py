"""Ready-made answers to whether a request is to be tried again."""

from __future__ import annotations

from typing import Any

__all__ = ["empty_result_predicate", "exception_type_predicate", "has_exception_predicate"]


def empty_result_predicate(result: list[Any] | None) -> bool:
    """Whether nothing came back."""
    return result is None or (isinstance(result, list) and not result)


def has_exception_predicate(error: Exception | None) -> bool:
    """Whether the request failed, with whatever exception."""
    return error is not None


def exception_type_predicate(error: Exception, expected_error_type: type[Exception]) -> bool:
    """Whether the request failed with an exception of this type."""
    return isinstance(error, expected_error_type)
