"""Slot sharing groups: operators that belong together, with the resources meant for them.

Kept as a description: one process runs all operators of a job.
"""

from __future__ import annotations

from functools import total_ordering

from levada.common.errors import JobBuildError

__all__ = ["MemorySize", "SlotSharingGroup"]


@total_ordering
class MemorySize:
    """A number of bytes.

    Examples
    --------
    >>> MemorySize.of_mebi_bytes(3).get_kibi_bytes()
    3072
    """

    def __init__(self, bytes_size: int) -> None:
        if not isinstance(bytes_size, int) or bytes_size < 0:
            raise JobBuildError(f"MemorySize({bytes_size!r}): a whole number of bytes, 0 or more, is wanted")
        self._bytes = bytes_size

    @staticmethod
    def of_mebi_bytes(mebi_bytes: int) -> MemorySize:
        """So many times 1024 * 1024 bytes."""
        return MemorySize(mebi_bytes << 20)

    def get_bytes(self) -> int:
        """Bytes."""
        return self._bytes

    def get_kibi_bytes(self) -> int:
        """Whole units of 1024 bytes."""
        return self._bytes >> 10

    def get_mebi_bytes(self) -> int:
        """Whole units of 1024 ** 2 bytes."""
        return self._bytes >> 20

    def get_gibi_bytes(self) -> int:
        """Whole units of 1024 ** 3 bytes."""
        return self._bytes >> 30

    def get_tebi_bytes(self) -> int:
        """Whole units of 1024 ** 4 bytes."""
        return self._bytes >> 40

    def __eq__(self, other: object) -> bool:
        return self._bytes == other._bytes if isinstance(other, MemorySize) else NotImplemented

    def __lt__(self, other: MemorySize) -> bool:
        return self._bytes < other._bytes if isinstance(other, MemorySize) else NotImplemented

    def __hash__(self) -> int:
        return hash(("MemorySize", self._bytes))

    def __repr__(self) -> str:
        return f"MemorySize({self._bytes})"


class SlotSharingGroup:
    """A named group with its resources; made by ``SlotSharingGroup.builder(name)``.

    Examples
    --------
    >>> SlotSharingGroup.builder("heavy").set_cpu_cores(2.0).build()
    SlotSharingGroup('heavy')
    """

    def __init__(self, builder: SlotSharingGroup.Builder) -> None:
        self._name = builder._name
        self._cpu_cores = builder._cpu_cores
        self._memory = dict(builder._memory)
        self._external = dict(builder._external)

    @staticmethod
    def builder(name: str) -> SlotSharingGroup.Builder:
        """Begin a group."""
        return SlotSharingGroup.Builder(name)

    def get_name(self) -> str:
        """Its name."""
        return self._name

    def get_cpu_cores(self) -> float | None:
        """Processor cores; None where not said."""
        return self._cpu_cores

    def get_managed_memory(self) -> MemorySize | None:
        """Managed memory; None where not said."""
        return self._memory.get("managed")

    def get_task_heap_memory(self) -> MemorySize | None:
        """Heap memory; None where not said."""
        return self._memory.get("heap")

    def get_task_off_heap_memory(self) -> MemorySize | None:
        """Memory beside the heap; None where not said."""
        return self._memory.get("off-heap")

    def get_external_resources(self) -> dict[str, float]:
        """Other resources by name."""
        return dict(self._external)

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if isinstance(other, SlotSharingGroup) else NotImplemented

    def __hash__(self) -> int:
        return hash(("SlotSharingGroup", self._name))

    def __repr__(self) -> str:
        return f"SlotSharingGroup({self._name!r})"

    class Builder:
        """Takes a group's resources."""

        def __init__(self, name: str) -> None:
            if not isinstance(name, str) or not name:
                raise JobBuildError(f"SlotSharingGroup.builder({name!r}): a group's name is a non-empty string")
            self._name = name
            self._cpu_cores: float | None = None
            self._memory: dict[str, MemorySize] = {}
            self._external: dict[str, float] = {}

        def set_cpu_cores(self, cpu_cores: float) -> SlotSharingGroup.Builder:
            """Processor cores."""
            self._cpu_cores = cpu_cores
            return self

        def set_task_heap_memory(self, task_heap_memory: MemorySize) -> SlotSharingGroup.Builder:
            """Heap memory."""
            self._memory["heap"] = task_heap_memory
            return self

        def set_task_heap_memory_mb(self, task_heap_memory_mb: int) -> SlotSharingGroup.Builder:
            """Heap memory in MiB."""
            return self.set_task_heap_memory(MemorySize.of_mebi_bytes(task_heap_memory_mb))

        def set_task_off_heap_memory(self, task_off_heap_memory: MemorySize) -> SlotSharingGroup.Builder:
            """Memory beside the heap."""
            self._memory["off-heap"] = task_off_heap_memory
            return self

        def set_task_off_heap_memory_mb(self, task_off_heap_memory_mb: int) -> SlotSharingGroup.Builder:
            """Memory beside the heap in MiB."""
            return self.set_task_off_heap_memory(MemorySize.of_mebi_bytes(task_off_heap_memory_mb))

        def set_managed_memory(self, managed_memory: MemorySize) -> SlotSharingGroup.Builder:
            """Managed memory."""
            self._memory["managed"] = managed_memory
            return self

        def set_managed_memory_mb(self, managed_memory_mb: int) -> SlotSharingGroup.Builder:
            """Managed memory in MiB."""
            return self.set_managed_memory(MemorySize.of_mebi_bytes(managed_memory_mb))

        def set_external_resource(self, name: str, value: float) -> SlotSharingGroup.Builder:
            """Another resource."""
            self._external[name] = value
            return self

        def build(self) -> SlotSharingGroup:
            """The group."""
            return SlotSharingGroup(self)
