"""PyFlink's names for files: enumerators, assigners and the older sink."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from levada.common import Encoder, WatermarkStrategy
from levada.common.errors import JobBuildError
from levada.datastream import StreamExecutionEnvironment
from levada.datastream.connectors.file_system import (
    FileEnumeratorProvider,
    FileSink,
    FileSource,
    FileSplitAssignerProvider,
    RollingPolicy,
    StreamFormat,
    StreamingFileSink,
)
from levada.formats.json import JsonFormat


def test_enumerators_and_assigners(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("a\nb\nc\n")

    def builder() -> Any:
        return FileSource.for_record_stream_format(StreamFormat.text_line_format(), tmp_path)

    whole = builder().set_file_enumerator(FileEnumeratorProvider.default_non_splittable_file_enumerator())
    whole.set_split_assigner(FileSplitAssignerProvider.locality_aware_split_assigner())
    cut = builder().set_file_enumerator(FileEnumeratorProvider.default_splittable_file_enumerator())
    assert whole.build().split_bytes > 2**60
    assert cut.build().split_bytes == builder().build().split_bytes
    env = StreamExecutionEnvironment.get_execution_environment()
    assert list(env.from_source(whole.build(), WatermarkStrategy.no_watermarks(), "lines")) == ["a", "b", "c"]
    with pytest.raises(JobBuildError, match="default_non_splittable_file_enumerator"):
        builder().set_file_enumerator("whole")
    with pytest.raises(JobBuildError, match="locality_aware_split_assigner"):
        builder().set_split_assigner("any")


@pytest.mark.parametrize("call", ["add_sink", "sink_to"])
def test_the_older_sink(tmp_path: Path, call: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        builder = StreamingFileSink.for_row_format(tmp_path, Encoder.simple_string_encoder())
        builder.with_bucket_check_interval(1000).with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy())
    assert isinstance(builder, StreamingFileSink.DefaultRowFormatBuilder)
    assert "with_bucket_check_interval() has no effect" in caplog.text
    sink = builder.disable_compact().build()
    assert isinstance(sink, FileSink)
    env = StreamExecutionEnvironment.get_execution_environment()
    env.enable_checkpointing(1000)
    getattr(env.from_collection([1, 2]), call)(sink)
    env.execute()
    assert "".join(path.read_text() for path in tmp_path.glob("part-*")) == "1\n2\n"


def test_the_older_sink_for_batches(tmp_path: Path) -> None:
    builder = StreamingFileSink.for_bulk_format(tmp_path, JsonFormat())
    assert isinstance(builder, StreamingFileSink.DefaultBulkFormatBuilder)
    env = StreamExecutionEnvironment.get_execution_environment()
    env.enable_checkpointing(1000)
    env.from_collection([{"a": 1}]).add_sink(builder.build())
    env.execute()
    assert "".join(path.read_text() for path in tmp_path.glob("part-*")) == '{"a":1}\n'
