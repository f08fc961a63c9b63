"""The kinds of streams: what users call to build a job. ``levada.datastream.data_stream`` is the public door.

May import ``levada.datastream.functions`` and lower floors.
"""
