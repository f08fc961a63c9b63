"""What every test has: fresh limits on repeated log records, and services that are skipped by name when absent."""

from __future__ import annotations

import os

import pytest

from levada.common import logs


@pytest.fixture(autouse=True)
def _nothing_logged_before() -> None:
    logs.repeat_limit.reset()


def pytest_runtest_setup(item: pytest.Item) -> None:
    marker = item.get_closest_marker("service")
    if marker is not None:
        running = os.environ.get("LEVADA_TEST_SERVICES", "").split(",")
        absent = [name for name in marker.args if name not in running]
        if absent:
            pytest.skip(f"{', '.join(absent)}: not running (make test-services)")
