"""Tools for testing jobs: functions by hand on a clock of the test's own, and whole jobs under faults.

May import every floor but the command line; nothing in Levada imports it. ``strategies`` (event streams for hypothesis)
is loaded only where it is asked for.
"""

from levada.testing.drive import Outcome
from levada.testing.faults import Crash, Fault, World, WorldSink
from levada.testing.harness import Snapshot, StreamHarness, keyed_process_harness, process_harness
from levada.testing.simulation import Survived, assert_survives, simulate

__all__ = [
    "Crash",
    "Fault",
    "Outcome",
    "Snapshot",
    "StreamHarness",
    "Survived",
    "World",
    "WorldSink",
    "assert_survives",
    "keyed_process_harness",
    "process_harness",
    "simulate",
]
