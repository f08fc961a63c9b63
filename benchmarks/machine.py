"""Facts about the machine that figures were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.contender import ROOT


def facts() -> dict[str, Any]:
    """Processor, memory, interpreter, what is measured, and how busy the machine is."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "commit": _output("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "load": round(os.getloadavg()[0], 2),
    }


def line(found: dict[str, Any]) -> str:
    """For people."""
    return (
        f"{found['processor']}, {found['cores']} cores, {found['memory_gib']} GiB, Python {found['python']}, "
        f"commit {found['commit']}, load {found['load']}"
    )


def resident_mb(pid: int) -> float:
    """Memory of a process."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        fields = status.read_text().split("VmRSS:")
        return int(fields[1].split()[0]) / 1024 if len(fields) > 1 else 0.0
    return int(_output("ps", "-o", "rss=", "-p", str(pid)) or 0) / 1024


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for row in info.read_text().splitlines():
            if row.startswith("model name"):
                return row.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
