"""A sequence of numbers as a source."""

from levada.connectors.number_seq import NumberSequenceSource

__all__ = ["NumberSequenceSource"]
