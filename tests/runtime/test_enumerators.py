"""Readers and their enumerator in one loop."""

from __future__ import annotations

from tests.runtime.jobs import Remembering, config, pipeline, virtual

from levada.cluster.embedded import submit


def test_no_time_passes_before_a_reader_gets_its_split() -> None:
    sink = Remembering(transactional=False)
    services = virtual()
    began = services.clock.monotonic_ns()
    job = submit(pipeline([1, 2, 3], lambda number: number * 10, sink), config(), services)
    job.run()
    assert sink.written == [10, 20, 30]
    assert services.clock.monotonic_ns() == began
