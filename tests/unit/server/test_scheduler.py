"""Queue of each request, rejection by a full queue, and worker pools: without sockets."""

import sys
import threading
from functools import partial
from queue import SimpleQueue

import pytest

from ml_census.protocols.native import PARQUET
from ml_census.server.scheduler import CAPACITY, FAST, LOGIN, PROBE, WORK, PoolSpec, Scheduler, WorkerPool
from support.running_server import SECONDS, BlockingApplication, parsed, post
from support.tables import FORMATS

MALFORMED = b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"
PREFLIGHT = b"OPTIONS /login HTTP/1.1\r\nHost: x\r\n\r\n"
REQUESTS = {FAST: post("/"), WORK: post("/slow"), LOGIN: post("/login")}


def scheduler(lengths: dict[str, int]) -> Scheduler:
    """Return a scheduler whose queues have the given lengths, or are empty."""
    return Scheduler(BlockingApplication().queue_for, {name: partial(int, lengths.get(name, 0)) for name in CAPACITY})


@pytest.mark.parametrize(
    ("data", "queue"),
    [
        pytest.param(post("/livez"), PROBE, id="probe"),
        pytest.param(post("/login"), LOGIN, id="login"),
        pytest.param(post("/", "abc"), FAST, id="small-body"),
        pytest.param(post("/", "abcd"), WORK, id="large-body"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
            WORK,
            id="large-chunked-body",
        ),
        pytest.param(post("/", "a", "Content-Encoding: gzip\r\n"), WORK, id="compressed-body"),
        *(pytest.param(post("/", "a", f"Content-Type: {each}\r\n"), WORK, id=each) for each in FORMATS),
        pytest.param(post("/", "a", f"Content-Type: {PARQUET.title()}; a=b\r\n"), WORK, id="capitals"),
        pytest.param(post("/", "a", "Content-Type: application/json\r\n"), FAST, id="json"),
        pytest.param(PREFLIGHT, FAST, id="preflight"),
        pytest.param(MALFORMED, FAST, id="malformed"),
    ],
)
def test_request_is_assigned_to_the_queue_of_its_kind(data: bytes, queue: str) -> None:
    assert scheduler({}).assign(parsed(data)) == (queue, True)


def test_compressed_body_counts_as_the_largest() -> None:
    lengths = list[int]()

    def queue_for(_path: str, _query: str, length: int) -> str:
        lengths.append(length)
        return WORK

    Scheduler(queue_for, {WORK: partial(int, 0)}).assign(parsed(post("/", "a", "Content-Encoding: gzip\r\n")))

    assert lengths == [sys.maxsize]


@pytest.mark.parametrize("queue", CAPACITY)
def test_queue_with_one_place_left_takes_a_request(queue: str) -> None:
    almost_full = scheduler({queue: CAPACITY[queue] - 1})

    assert almost_full.assign(parsed(REQUESTS[queue])) == (queue, True)


@pytest.mark.parametrize("queue", CAPACITY)
def test_full_queue_rejects_a_request(queue: str) -> None:
    assert scheduler({queue: CAPACITY[queue]}).assign(parsed(REQUESTS[queue])) == (queue, False)


@pytest.mark.parametrize("queue", CAPACITY)
def test_full_queues_leave_another_one_open(queue: str) -> None:
    others_full = scheduler(CAPACITY | {queue: 0})

    assert others_full.assign(parsed(REQUESTS[queue])) == (queue, True)


def test_preflight_is_rejected_by_a_full_fast_queue() -> None:
    assert scheduler({FAST: CAPACITY[FAST]}).assign(parsed(PREFLIGHT)) == (FAST, False)


@pytest.mark.parametrize(("data", "queue"), [(post("/livez"), PROBE), (MALFORMED, FAST)], ids=["probe", "malformed"])
def test_probe_and_malformed_request_are_never_rejected(data: bytes, queue: str) -> None:
    """A malformed request has its 400 already, and a probe that waits restarts the pod."""
    assert scheduler(CAPACITY).assign(parsed(data)) == (queue, True)


class Tasks:
    """Records tasks that begin, and blocks each until `go_on` is set."""

    def __init__(self) -> None:
        self.begun = SimpleQueue[str]()
        self.go_on = threading.Event()

    def run(self, task: str) -> None:
        """Run one task."""
        self.begun.put(task)
        self.go_on.wait(SECONDS)


def test_worker_pool_runs_tasks_in_their_order() -> None:
    tasks = Tasks()
    tasks.go_on.set()
    pool = WorkerPool("pool-in-order", PoolSpec(threads=1, waiting=9), tasks.run)

    for task in "abc":
        pool.submit(task)

    assert [tasks.begun.get(timeout=SECONDS) for _ in range(3)] == ["a", "b", "c"]
    pool.shutdown()


def test_worker_pool_counts_the_tasks_that_wait() -> None:
    tasks = Tasks()
    pool = WorkerPool("pool-that-counts", PoolSpec(threads=1, waiting=9), tasks.run)
    pool.submit("a")
    assert tasks.begun.get(timeout=SECONDS) == "a"

    pool.submit("b")
    pool.submit("c")

    assert len(pool) == 2
    pool.shutdown()
    tasks.go_on.set()


def test_stopped_worker_pool_begins_no_further_task() -> None:
    tasks = Tasks()
    pool = WorkerPool("stopped", PoolSpec(threads=2, waiting=9), tasks.run)
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("stopped-")]
    for task in "abc":
        pool.submit(task)
    assert {tasks.begun.get(timeout=SECONDS) for _ in threads} == {"a", "b"}

    pool.shutdown()
    tasks.go_on.set()

    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()
    assert tasks.begun.empty()
