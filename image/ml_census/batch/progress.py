"""Lines about the progress of a process: on stderr every few seconds, and a JSON line on stdout for each part."""

import json
import sys
import threading
import time
from typing import Any

SECONDS = 5
"""Seconds between two lines on stderr."""


class Progress:
    """Counter of the rows of one process. `rows` is the number of rows of its parts; None if unknown."""

    def __init__(self, parts: int, rows: int | None) -> None:
        self._parts, self._rows = parts, rows
        self._finished = self._done = 0
        self._started = self._shown = time.monotonic()
        self._lock = threading.Lock()

    def add_rows(self, rows: int) -> None:
        """Count scored rows. Several threads call this method."""
        with self._lock:
            self._done += rows

    def finish_part(self, report: dict[str, Any]) -> None:
        """Print the JSON line of a finished part."""
        self._finished += 1
        print(json.dumps({"event": "part"} | report), flush=True)

    def show(self, now: float | None = None) -> None:
        """Print the state on stderr, if the last line is old enough."""
        now = time.monotonic() if now is None else now
        if now - self._shown >= SECONDS:
            self._shown = now
            print(self.line(now - self._started), file=sys.stderr, flush=True)

    def line(self, seconds: float) -> str:
        """Return the state after a number of seconds: parts, rows, rows per second and time left."""
        rate = self._done / seconds if seconds > 0 else 0.0
        of = "" if self._rows is None else f" of {self._rows}"
        left = f", {(self._rows - self._done) / rate:.0f} s left" if self._rows and rate else ""
        return f"{self._finished} of {self._parts} parts, {self._done}{of} rows, {rate:.0f} rows/s{left}"
