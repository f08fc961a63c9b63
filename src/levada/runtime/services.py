"""The outside world as one bundle: everything a job touches beyond its own memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from levada.common.services import AsyncHost, Clock, Executor
from levada.runtime.async_host import AsyncioHost
from levada.runtime.clock import SystemClock
from levada.runtime.executor import PoolExecutor
from levada.runtime.transport import LocalTransport, Transport


@dataclass(slots=True)
class Services:
    """What is handed in when a job is run.

    Attributes
    ----------
    clock : Clock
    executor : Executor
    transport : Transport
    random : Random or None
        Where given, the loop makes its free choices (which task next, how many rows a poll) by it: a simulation.
    asyncs : AsyncHost
        Where coroutines run.
    """

    clock: Clock = field(default_factory=SystemClock)
    executor: Executor = field(default_factory=PoolExecutor)
    random: Random | None = None
    transport: Transport = field(default_factory=LocalTransport)
    asyncs: AsyncHost = field(default_factory=AsyncioHost)
