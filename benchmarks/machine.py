"""What a figure was measured on."""

import os
import platform
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def describe(folder: Path) -> dict[str, str | int | float]:
    """Processor, cores, memory, systems and commit; ``folder`` is where the logs were written.

    ``busy_before`` is how many processes wanted a core in the minute before.
    """
    return {
        "cpu": _first_after("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "busy_before": round(os.getloadavg()[0], 1),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0,
        "memory": _first_after("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "file_system": _said_by("stat", "-f", "-c", "%T", str(folder)),
        "commit": _said_by("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"),
        "changed_files": len(_said_by("git", "-C", str(ROOT), "status", "--porcelain").splitlines()),
    }


def _first_after(path: str, name: str) -> str:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _said_by(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    except OSError:
        return ""
