"""What importing the front door and a first small query load."""

from __future__ import annotations

import subprocess
import sys


def test_a_small_query_loads_no_pandas() -> None:
    program = """
import sys
from levada.table import EnvironmentSettings, TableEnvironment
assert "pyarrow" not in sys.modules, "importing the front door loads no Arrow"
t_env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
query = "SELECT k, COUNT(*) AS c FROM (VALUES (1, 'a'), (2, 'b'), (1, 'c')) AS v (k, s) WHERE s <> 'b' GROUP BY k"
with t_env.execute_sql(query).collect() as rows:
    assert [tuple(row) for row in rows] == [(1, 1), (1, 1), (1, 2)]
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
