"""Lockout after failed logins: its length, and that other users and addresses are not locked out."""

import tracemalloc

import pytest

from conftest import WriteFolder
from ml_census import config
from ml_census.api.app import create_app
from ml_census.auth import login_throttle
from ml_census.auth.login_throttle import LoginThrottle
from support.load_artifacts import load_artifacts


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def throttle_after(failures: int) -> tuple[LoginThrottle, Clock]:
    clock = Clock()
    throttle = LoginThrottle(clock)
    for _ in range(failures):
        throttle.record_failure("ada", "10.0.0.1")
    return throttle, clock


def test_fifth_failure_locks_out_for_a_minute() -> None:
    assert throttle_after(4)[0].retry_after("ada", "10.0.0.1") == 0
    throttle, clock = throttle_after(5)
    assert throttle.retry_after("ada", "10.0.0.1") == 60

    clock.now += 59.5
    assert throttle.retry_after("ada", "10.0.0.1") == 1
    clock.now += 0.5
    assert throttle.retry_after("ada", "10.0.0.1") == 0


def test_further_failures_double_the_lockout_up_to_15_minutes() -> None:
    lockouts = [throttle_after(failures)[0].retry_after("ada", "10.0.0.1") for failures in (6, 7, 8, 9, 1000)]

    assert lockouts == [
        120,
        240,
        480,
        900,
        900,
    ]


def test_other_users_and_addresses_are_not_locked_out() -> None:
    throttle, _ = throttle_after(9)

    assert throttle.retry_after("bob", "10.0.0.1") == throttle.retry_after("ada", "10.0.0.2") == 0
    assert throttle.retry_after("ADA", "10.0.0.1") == 900


def test_success_and_15_idle_minutes_reset_the_count() -> None:
    throttle, clock = throttle_after(4)
    throttle.record_success("ada", "10.0.0.1")
    throttle.record_failure("ada", "10.0.0.1")
    assert throttle.retry_after("ada", "10.0.0.1") == 0

    throttle, clock = throttle_after(4)
    clock.now += login_throttle.MAX_LOCKOUT_SECONDS + 1
    throttle.record_failure("ada", "10.0.0.1")
    assert throttle.retry_after("ada", "10.0.0.1") == 0


def test_record_is_evicted_after_10_000_other_failures() -> None:
    throttle, _ = throttle_after(9)
    for number in range(login_throttle.MAX_RECORDS - 1):
        throttle.record_failure(str(number), "10.0.0.1")
    assert throttle.retry_after("ada", "10.0.0.1") == 900

    throttle.record_failure("one more", "10.0.0.1")

    assert throttle.retry_after("ada", "10.0.0.1") == 0


def test_memory_is_bounded_for_long_names() -> None:
    """10,000 names of 2,560 characters would take 26 MB in plaintext."""
    throttle = LoginThrottle()
    tracemalloc.start()
    for number in range(login_throttle.MAX_RECORDS):
        throttle.record_failure(f"{number:02560}", "10.0.0.1")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 5 * 1024**2


def test_oversized_logins_do_not_evict_throttle_records(folder: WriteFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """They cost no hash: 10,000 of them in a few seconds would end the lockout of a guessed user."""
    settings = config.load(str(folder("logistic")))
    client = create_app(load_artifacts(settings), settings).test_client()
    monkeypatch.setattr(login_throttle, "MAX_RECORDS", 5)
    for _ in range(login_throttle.MAX_FAILURES):
        client.get("/login", auth=("ada", "wrong"))

    for number in range(10):
        for auth in ((f"{number:0257}", "wrong"), (f"{number}", 1025 * "x")):
            assert client.get("/login", auth=auth).status_code == 401

    assert client.get("/login", auth=("ada", "wrong")).status_code == 429
