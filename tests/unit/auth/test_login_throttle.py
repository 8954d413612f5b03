"""Who guesses passwords waits longer and longer; others do not."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from ml_census import config
from ml_census.api.app import create_app
from ml_census.artifacts import bundle
from ml_census.auth import login_throttle
from ml_census.auth.login_throttle import LoginThrottle
from ml_census.storage.snapshot import Snapshot


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def failing(times: int) -> tuple[LoginThrottle, Clock]:
    clock = Clock()
    guarded = LoginThrottle(clock)
    for _ in range(times):
        guarded.failed("ada", "10.0.0.1")
    return guarded, clock


def test_four_failures_cost_nothing_and_the_fifth_a_minute() -> None:
    assert failing(4)[0].pause("ada", "10.0.0.1") == 0
    guarded, clock = failing(5)
    assert guarded.pause("ada", "10.0.0.1") == 60

    clock.now += 59.5
    assert guarded.pause("ada", "10.0.0.1") == 1
    clock.now += 0.5
    assert guarded.pause("ada", "10.0.0.1") == 0


def test_each_further_failure_doubles_the_pause_up_to_a_quarter_of_an_hour() -> None:
    assert [failing(times)[0].pause("ada", "10.0.0.1") for times in (6, 7, 8, 9, 1000)] == [120, 240, 480, 900, 900]


def test_another_user_and_another_address_do_not_wait() -> None:
    guarded, _ = failing(9)

    assert guarded.pause("bob", "10.0.0.1") == guarded.pause("ada", "10.0.0.2") == 0
    assert guarded.pause("ADA", "10.0.0.1") == 900


def test_the_right_password_and_a_quiet_quarter_of_an_hour_begin_anew() -> None:
    guarded, clock = failing(4)
    guarded.record_success("ada", "10.0.0.1")
    guarded.failed("ada", "10.0.0.1")
    assert guarded.pause("ada", "10.0.0.1") == 0

    guarded, clock = failing(4)
    clock.now += login_throttle.LONGEST_SECONDS + 1
    guarded.failed("ada", "10.0.0.1")
    assert guarded.pause("ada", "10.0.0.1") == 0


def test_record_of_a_user_is_dropped_after_10_000_others() -> None:
    guarded, _ = failing(9)
    for number in range(login_throttle.MAX_KEYS - 1):
        guarded.failed(str(number), "10.0.0.1")
    assert guarded.pause("ada", "10.0.0.1") == 900

    guarded.failed("one more", "10.0.0.1")

    assert guarded.pause("ada", "10.0.0.1") == 0


def test_memory_is_bounded_whatever_names_are_sent() -> None:
    """10,000 names of 2,560 characters: kept as they are, the names would take 26 MB."""
    guarded = LoginThrottle()
    tracemalloc.start()
    for number in range(login_throttle.MAX_KEYS):
        guarded.failed(f"{number:02560}", "10.0.0.1")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 5 * 1024**2


def test_what_is_too_long_to_be_anybodys_makes_nobody_forgotten(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs no hash: ten thousand of them would be sent in seconds, and who guesses could go on."""
    settings = config.load(str(folder("logistic")))
    client = create_app(bundle.load(settings, Snapshot()), settings).test_client()
    monkeypatch.setattr(login_throttle, "MAX_KEYS", 5)
    for _ in range(login_throttle.FAILURES):
        client.get("/login", auth=("ada", "wrong"))

    for number in range(10):
        for auth in ((f"{number:0257}", "wrong"), (f"{number}", 1025 * "x")):
            assert client.get("/login", auth=auth).status_code == 401

    assert client.get("/login", auth=("ada", "wrong")).status_code == 429
