"""Every test here speaks with a real server process."""

from serving import launched, server, start

__all__ = ["launched", "server", "start"]
