"""Read from the Linux control group (cgroup) how much memory the container has left."""

from pathlib import Path
from typing import NamedTuple


class ControlGroup(NamedTuple):
    """The files in which a version of cgroups shows the memory of a container."""

    folder: str
    limit: str
    """Name of the file with the memory limit in bytes. The content "max" means no
    limit."""
    usage: str
    """Name of the file with the used memory in bytes."""
    prefix: str
    """Prefix of the keys in memory.stat whose values include child cgroups."""


CGROUPS = (
    ControlGroup("/sys/fs/cgroup", "memory.max", "memory.current", ""),
    ControlGroup("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
)
"""The files of cgroup version 2, then those of version 1."""
RESERVED_BYTES = 32 * 1024**2
"""Memory that the child process leaves to the server (32 MiB), and the minimum result
of available_memory."""


def available_memory() -> int | None:
    """Return how much memory a child process may use, in bytes.

    The result is the free memory of the container minus RESERVED_BYTES, and at least
    RESERVED_BYTES. Returns None if the container has no memory limit, or if its cgroup
    cannot be read.
    """
    for group in CGROUPS:
        names = (group.limit, group.usage, "memory.stat")
        try:
            limit, usage, stat = (Path(group.folder, name).read_text() for name in names)
        except OSError:
            continue
        if limit.strip() == "max":
            return None
        left = int(limit) - int(usage) + _page_cache(stat, group.prefix)
        return max(left - RESERVED_BYTES, RESERVED_BYTES)
    return None


def _page_cache(stat: str, prefix: str) -> int:
    """Return the size of the page cache in bytes. The kernel counts this cache as used memory."""
    counts = dict(line.split() for line in stat.splitlines())
    return sum(int(counts[f"{prefix}{state}_file"]) for state in ("active", "inactive"))
