"""Keyed state in memory: layered dicts of Python objects. May import ``levada.state`` and what is below it."""

from levada.state.memory.backend import MemoryBackend

__all__ = ["MemoryBackend"]
