from pathlib import Path

from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.add_jars("file:///opt/flink/lib/flink-connector-kafka.jar")
env.add_classpaths("file:///opt/flink/lib")
env.set_python_executable("/usr/bin/python3")
env.set_python_requirements("requirements.txt", "cache")
env.add_python_archive("venv.zip", "venv")
Path("lib").mkdir()
Path("lib/doubling.py").write_text("def double(n):\n    return n * 2\n")
env.add_python_file("lib/doubling.py")


def double(n):
    from doubling import double

    return double(n)


env.from_collection([1, 2, 3]).map(double).print()
env.execute()
