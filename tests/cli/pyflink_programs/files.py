import sys

from pyflink.common import Encoder, Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import (
    FileSink,
    FileSource,
    OutputFileConfig,
    RollingPolicy,
    StreamFormat,
)

input_path, output_path = sys.argv[1:3]
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), input_path).build()
ds = env.from_source(source, WatermarkStrategy.for_monotonous_timestamps(), "file_source")
sink = (
    FileSink.for_row_format(output_path, Encoder.simple_string_encoder())
    .with_output_file_config(OutputFileConfig.builder().with_part_prefix("pre").with_part_suffix(".txt").build())
    .with_rolling_policy(RollingPolicy.default_rolling_policy())
    .build()
)
ds.map(lambda line: line.upper(), output_type=Types.STRING()).sink_to(sink)
env.execute()
