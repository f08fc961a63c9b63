"""The kinds of streams, under the module name that programs import them from."""

from levada.datastream.streams.broadcast import BroadcastConnectedStream, BroadcastStream
from levada.datastream.streams.cached import CachedDataStream
from levada.datastream.streams.collecting import CloseableIterator
from levada.datastream.streams.connected import ConnectedStreams
from levada.datastream.streams.data_stream import DataStream
from levada.datastream.streams.interval_joined import IntervalJoin, IntervalJoined
from levada.datastream.streams.joined import CoGroupedStreams, JoinedStreams
from levada.datastream.streams.keyed import KeyedStream
from levada.datastream.streams.sinks import DataStreamSink
from levada.datastream.streams.windowed import AllWindowedStream, WindowedStream

__all__ = [
    "AllWindowedStream",
    "BroadcastConnectedStream",
    "BroadcastStream",
    "CachedDataStream",
    "CloseableIterator",
    "CoGroupedStreams",
    "ConnectedStreams",
    "DataStream",
    "DataStreamSink",
    "IntervalJoin",
    "IntervalJoined",
    "JoinedStreams",
    "KeyedStream",
    "WindowedStream",
]
