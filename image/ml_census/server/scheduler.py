"""Scheduler: chooses the queue of a request, and checks whether the queue is full. Worker threads run the tasks."""

import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Generic, TypeVar

from ml_census.server.parser import Request, RequestError

Task = TypeVar("Task")

PROBE, FAST, WORK, LOGIN = "probe", "fast", "work", "login"
"""Names of the queues. The event loop answers PROBE and FAST itself.

A hand-over to a worker thread would take a third of the time of a small request.
"""
MAX_FAST_QUEUE = 512
OVERLOADED = RequestError(503, "too many requests wait already", retry_after=1)


@dataclass(frozen=True)
class PoolSpec:
    """Number of threads of a pool, and maximum number of requests that wait for a thread."""

    threads: int
    waiting: int


POOLS = {
    # Python runs one thread at a time. A second thread runs while the first one is in C
    # code of scikit-learn.
    WORK: PoolSpec(threads=2, waiting=16),
    # A password hash (scrypt) takes about 0.1 s and 32 MiB.
    LOGIN: PoolSpec(threads=1, waiting=8),
}
CAPACITY = {FAST: MAX_FAST_QUEUE} | {name: pool.waiting for name, pool in POOLS.items()}

TABLE_TYPES = ("application/vnd.apache.parquet", "application/vnd.apache.arrow.stream")
"""Content types of tables. 4 KB of a Parquet file can have 10,000 rows."""


class Scheduler:
    """Scheduler that chooses the queue of each request.

    `queue_for` returns the queue name for a path, a query and a body length. `lengths`
    has a length function by queue name.
    """

    def __init__(self, queue_for: Callable[[str, str, int], str], lengths: Mapping[str, Callable[[], int]]) -> None:
        self._queue_for = queue_for
        self._lengths = lengths

    def assign(self, request: Request) -> tuple[str, bool]:
        """Return the name of the queue for a request, and whether the queue has room."""
        if request.error:
            return FAST, True
        if request.command == "OPTIONS":  # a CORS preflight to /login needs no password hash
            name = FAST
        else:
            length = sys.maxsize if _is_compressed(request) else request.body_bytes_received
            name = self._queue_for(request.path, request.query, length)
        return name, name == PROBE or self._lengths[name]() < CAPACITY[name]


def _is_compressed(request: Request) -> bool:
    """Return whether the body of a request may be a thousand times larger after decompression."""
    content_type = request.headers.get("CONTENT_TYPE", "").strip().lower()
    return "CONTENT_ENCODING" in request.headers or content_type.startswith(TABLE_TYPES)


class WorkerPool(Generic[Task]):
    """Queue of tasks. Daemon threads run the tasks in the order of submission. len() counts the waiting tasks."""

    def __init__(self, name: str, spec: PoolSpec, run: Callable[[Task], None]) -> None:
        self._run = run
        self._tasks = SimpleQueue[Task | None]()
        self._stopped = False
        for number in range(spec.threads):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    def __len__(self) -> int:
        return self._tasks.qsize()

    def submit(self, task: Task) -> None:
        """Queue the task. The next free thread runs it."""
        self._tasks.put(task)

    def shutdown(self) -> None:
        """Start no further task. Each thread ends after its current task. Do not wait for the threads."""
        self._stopped = True
        self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None and not self._stopped:
            self._run(task)
        self._tasks.put(None)  # None ends the next thread
