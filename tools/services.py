"""Real servers for tests: install, start, stop, ask, and run the tests that need them.

``SERVICES`` is the list. A server is installed below ``.cache/services`` without root rights, and found by its port.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "services"
NO_TESTS_COLLECTED = 5


@dataclass(frozen=True)
class Service:
    """A server: where it listens, and how it is installed, started and stopped in a directory of its own."""

    name: str
    port: int
    install: Callable[[Path], None]
    start: Callable[[Path], None]
    stop: Callable[[Path], None]

    def running(self) -> bool:
        """Whether something answers on the port."""
        with socket.socket() as connection:
            connection.settimeout(0.5)
            return connection.connect_ex(("127.0.0.1", self.port)) == 0


SERVICES: tuple[Service, ...] = ()
"""No connector talks to a server yet."""


def start() -> int:
    """Install and start whatever is not running."""
    for service in SERVICES:
        home = CACHE / service.name
        if not service.running():
            home.mkdir(parents=True, exist_ok=True)
            service.install(home)
            service.start(home)
    return status()


def stop() -> int:
    """Stop whatever is running."""
    for service in SERVICES:
        if service.running():
            service.stop(CACHE / service.name)
    return 0


def status() -> int:
    """One line per server; 1 if one of them is not running."""
    if not SERVICES:
        print("services: none; the connectors (collection, datagen, files, print, nexmark) need no server")
    for service in SERVICES:
        print(f"{service.name}: {'running' if service.running() else 'not running'} (port {service.port})")
    return 0 if all(service.running() for service in SERVICES) else 1


def test(arguments: list[str]) -> int:
    """Run the tests marked ``service``. That there are none is no failure as long as there are no servers."""
    environment = {**os.environ, "LEVADA_TEST_SERVICES": ",".join(each.name for each in SERVICES if each.running())}
    command = [sys.executable, "-m", "pytest", "-m", "service", *arguments]
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if code == NO_TESTS_COLLECTED and not SERVICES:
        print("test-services: no connector needs a server yet, so there is nothing to test")
        return 0
    return code


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("start", "stop", "status", "test"))
    options, rest = parser.parse_known_args()
    if options.action == "test":
        return test(rest)
    return {"start": start, "stop": stop, "status": status}[options.action]()


if __name__ == "__main__":
    raise SystemExit(main())
