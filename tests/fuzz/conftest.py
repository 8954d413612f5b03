"""Fixtures of tests against a real server process."""

from support.live_server import launched, server, start

__all__ = ["launched", "server", "start"]
