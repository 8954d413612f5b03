"""Lockout against password guessing: after repeated failed logins, a user at a client address must wait."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

MAX_FAILURES = 5
"""Number of failed logins that starts a lockout."""
INITIAL_LOCKOUT_SECONDS = 60
MAX_LOCKOUT_SECONDS = 900
MAX_RECORDS = 10_000
"""Maximum number of stored pairs of user and address (about 2 MB). A new pair replaces the least recent pair.

An attacker needs 10,000 failed logins to replace a pair. Their scrypt hashes (65 ms
each) take 11 minutes of one core.
"""


@dataclass(slots=True)
class _FailureRecord:
    failures: int = 0
    last_failure: float = 0
    locked_until: float = 0

    def add(self, now: float) -> None:
        """Count a failure. The first failure after a long time starts a new count."""
        self.failures = self.failures + 1 if now - self.last_failure <= MAX_LOCKOUT_SECONDS else 1
        self.last_failure = now
        if (excess := self.failures - MAX_FAILURES) >= 0:
            self.locked_until = now + min(INITIAL_LOCKOUT_SECONDS * 2 ** min(excess, 10), MAX_LOCKOUT_SECONDS)


class LoginThrottle:
    """Counter of failed logins by user and client address. All methods are thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start without failures. `clock` returns the time in seconds; tests replace the clock."""
        self._clock = clock
        self._records: OrderedDict[bytes, _FailureRecord] = OrderedDict()
        self._lock = threading.Lock()

    def retry_after(self, user: str, address: str) -> int:
        """Return the seconds, rounded up, until the user may log in from the address; 0 without a lockout."""
        with self._lock:
            record = self._records.get(_key(user, address))
            return max(ceil(record.locked_until - self._clock()), 0) if record else 0

    def record_failure(self, user: str, address: str) -> None:
        """Count a failed login.

        The fifth failure locks the user out at the address for 60 s. Each further
        failure doubles the time, up to 15 minutes. After 15 minutes without a failure,
        the count starts from zero.
        """
        key = _key(user, address)
        with self._lock:
            self._records.setdefault(key, _FailureRecord()).add(self._clock())
            self._records.move_to_end(key)
            if len(self._records) > MAX_RECORDS:
                self._records.popitem(last=False)

    def record_success(self, user: str, address: str) -> None:
        """Delete the count of failed logins of the user at the address."""
        with self._lock:
            self._records.pop(_key(user, address), None)


def _key(user: str, address: str) -> bytes:
    """Return a key of 16 bytes, for a user name of any length."""
    name = user.lower().encode("utf-8", "surrogatepass")
    return hashlib.blake2b(name + b"\0" + address.encode(), digest_size=16).digest()
