"""Other model servers, each in an environment of its own."""

from collections.abc import Callable
from pathlib import Path

from servers import Server

PEERS: list[Callable[[Path], Server]] = []
