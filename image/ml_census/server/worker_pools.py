"""Who runs a request: lanes of threads with a bounded queue each, so that no kind of request starves another."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from waitress.task import ThreadedTaskDispatcher

WORK, LOGIN = "work", "login"


@dataclass(frozen=True)
class PoolSpec:
    """So many threads, and so many requests that may wait for them."""

    threads: int
    waiting: int


POOLS = {
    # Python runs one thread at a time; the other is in scikit-learn's C code. More only compete with the loop.
    WORK: PoolSpec(threads=2, waiting=16),
    # One password is hashed at a time (0.1 s, 32 MiB each), and nobody else's requests wait for it.
    LOGIN: PoolSpec(threads=1, waiting=8),
}


class WorkerPools:
    """Takes the place of waitress's dispatcher of tasks."""

    def __init__(self) -> None:
        self._dispatchers = {name: ThreadedTaskDispatcher() for name in POOLS}
        for name, dispatcher in self._dispatchers.items():
            dispatcher.set_thread_count(POOLS[name].threads)

    def add_task(self, name: str, task: Any) -> bool:
        """Whether the lane has room for the task, which then waits there."""
        if self.is_full(name):
            return False
        self._dispatchers[name].add_task(task)
        return True

    def is_full(self, name: str | None = None) -> bool:
        """Whether as many wait in the lane as may; of any lane, unless one is named."""
        names = POOLS if name is None else (name,)
        return any(len(self._dispatchers[each].queue) >= POOLS[each].waiting for each in names)

    def is_busy(self, name: str) -> bool:
        """Whether half of those who may wait in the lane do: its threads will find more than enough for a while."""
        return 2 * len(self._dispatchers[name].queue) >= POOLS[name].waiting

    def waiting(self) -> dict[str, Callable[[], int]]:
        """For each lane, how many tasks wait there."""
        return {name: partial(len, each.queue) for name, each in self._dispatchers.items()}

    def stop(self) -> None:
        """Begin no task any more; each thread ends when its own is done, and nobody waits for that."""
        for dispatcher in self._dispatchers.values():
            dispatcher.set_thread_count(0)
