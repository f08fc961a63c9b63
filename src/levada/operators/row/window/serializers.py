"""Windows as bytes, under PyFlink's names. Levada itself keeps windows as values and needs none of these."""

from __future__ import annotations

from io import BytesIO

from levada.operators.row.window.windows import CountWindow, GlobalWindow, TimeWindow


class TimeWindowSerializer:
    """16 bytes: end and start, as big-endian signed 64-bit numbers."""

    def serialize(self, element: TimeWindow, stream: BytesIO) -> None:
        """Write one window."""
        stream.write(element.end.to_bytes(8, "big", signed=True) + element.start.to_bytes(8, "big", signed=True))

    def deserialize(self, stream: BytesIO) -> TimeWindow:
        """Read one window."""
        end = int.from_bytes(stream.read(8), "big", signed=True)
        return TimeWindow(int.from_bytes(stream.read(8), "big", signed=True), end)


class CountWindowSerializer:
    """8 bytes: the window's number."""

    def serialize(self, element: CountWindow, stream: BytesIO) -> None:
        """Write one window."""
        stream.write(element.id.to_bytes(8, "big", signed=True))

    def deserialize(self, stream: BytesIO) -> CountWindow:
        """Read one window."""
        return CountWindow(int.from_bytes(stream.read(8), "big", signed=True))


class GlobalWindowSerializer:
    """One zero byte: there is only one such window."""

    def serialize(self, element: GlobalWindow, stream: BytesIO) -> None:
        """Write the window."""
        stream.write(b"\0")

    def deserialize(self, stream: BytesIO) -> GlobalWindow:
        """Read the window."""
        stream.read(1)
        return GlobalWindow()
