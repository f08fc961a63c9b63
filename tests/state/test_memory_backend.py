"""The memory backend passes the compliance suite; what only it does is in ``test_layers``."""

from __future__ import annotations

from hypothesis import settings

from levada.state import KeyedBackend
from levada.state.memory import MemoryBackend

from .compliance import BackendCompliance, BackendMachine


class TestMemoryBackend(BackendCompliance):
    def make(self, *, detect_mutations: bool = False, max_parallelism: int = 128) -> KeyedBackend:
        return MemoryBackend("op", max_parallelism, detect_mutations=detect_mutations)


class MemoryMachine(BackendMachine):
    def make(self) -> KeyedBackend:
        return MemoryBackend("op")


MemoryMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestMemoryMachine = MemoryMachine.TestCase
