"""The memory that the container has left, from its control group."""

from pathlib import Path
from typing import NamedTuple


class ControlGroup(NamedTuple):
    """Where a version of control groups shows the memory of a container."""

    folder: str
    limit: str
    """The file with the limit in bytes, or with "max"."""
    usage: str
    """The file with the used bytes."""
    prefix: str
    """The prefix of the lines of memory.stat that include the child groups."""


CGROUPS = (
    ControlGroup("/sys/fs/cgroup", "memory.max", "memory.current", ""),
    ControlGroup("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
)
"""Control groups version 2, then version 1."""
RESERVED_BYTES = 32 * 1024**2
"""Memory that is reserved for the server (default 32 MiB), and the minimum result of available_memory."""


def available_memory() -> int | None:
    """Return the bytes that the container has left for a child process, or None without a limit."""
    for group in CGROUPS:
        try:
            limit, usage, stat = (
                Path(group.folder, name).read_text() for name in (group.limit, group.usage, "memory.stat")
            )
        except OSError:
            continue
        if limit.strip() == "max":
            return None
        left = int(limit) - int(usage) + _page_cache(stat, group.prefix)
        return max(left - RESERVED_BYTES, RESERVED_BYTES)
    return None


def _page_cache(stat: str, prefix: str) -> int:
    """Return the bytes of cached files. The kernel counts them as used, and frees them when a process needs memory."""
    counts = dict(line.split() for line in stat.splitlines())
    return sum(int(counts[f"{prefix}{state}_file"]) for state in ("active", "inactive"))
