"""The kinds of streams, under the module name that programs import them from."""

from levada.datastream.streams.collecting import CloseableIterator
from levada.datastream.streams.data_stream import DataStream
from levada.datastream.streams.keyed import KeyedStream
from levada.datastream.streams.sinks import DataStreamSink
from levada.datastream.streams.windowed import AllWindowedStream, WindowedStream

__all__ = [
    "AllWindowedStream",
    "CloseableIterator",
    "DataStream",
    "DataStreamSink",
    "KeyedStream",
    "WindowedStream",
]
