"""Memory of processes, as Linux counts it; elsewhere only this process's own peak is known."""

import os
import resource
import sys
from pathlib import Path

_READER = b"anyio.to_process"


def own_peak_mb() -> float:
    """The most this process ever held in memory, in MB.

    `ru_maxrss` alone would not do on Linux: there it begins with what the parent held when it
    started this process.
    """
    if peak := peak_mb(os.getpid()):
        return peak
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def peak_mb(pid: int) -> float:
    """The most a process ever held in memory, in MB; 0 where that cannot be told."""
    return _told(pid, b"VmHWM:")


def held_mb(pid: int) -> float:
    """What a process holds in memory now, in MB; 0 where that cannot be told."""
    return _told(pid, b"VmRSS:")


def _told(pid: int, name: bytes) -> float:
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def readers_peak_mb(pid: int) -> float:
    """The most any of a server's reading processes that still run ever held, in MB."""
    tasks = Path(f"/proc/{pid}/task")
    threads = tasks.iterdir() if tasks.exists() else ()
    children = [int(child) for thread in threads for child in _read(thread / "children").split()]
    readers = (child for child in children if _READER in _read(Path(f"/proc/{child}/cmdline")))
    return max((peak_mb(child) for child in readers), default=0.0)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # the process or thread has ended meanwhile
        return b""
