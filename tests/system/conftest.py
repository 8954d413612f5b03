"""Every test here speaks with a real server process."""

from bucket import bucket
from serving import launched, server, start

__all__ = ["bucket", "launched", "server", "start"]
