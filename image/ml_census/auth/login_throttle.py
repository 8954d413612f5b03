"""Slow down who guesses passwords: so many failures of one user from one address, then a pause that doubles."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

FAILURES = 5
FIRST_SECONDS = 60
LONGEST_SECONDS = 900
MAX_KEYS = 10_000
"""Who fails is forgotten after so many others have: 2 MB at most, and to hash as many takes longer than any pause."""


@dataclass(slots=True)
class _Record:
    failures: int = 0
    last: float = 0
    until: float = 0


class LoginThrottle:
    """Counts failed logins by user and client address. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[bytes, _Record] = OrderedDict()
        self._lock = threading.Lock()

    def pause(self, user: str, address: str) -> int:
        """Whole seconds that this user must wait at this address before another try; 0 is none."""
        with self._lock:
            record = self._records.get(_key(user, address))
            return max(ceil(record.until - self._clock()), 0) if record else 0

    def failed(self, user: str, address: str) -> None:
        """A wrong password. From the fifth on there is a pause: 60 s, then doubled with each further one, to 15 min.
        After 15 min without one the count begins anew."""
        key = _key(user, address)
        with self._lock:
            now = self._clock()
            record = self._records.setdefault(key, _Record())
            self._records.move_to_end(key)
            record.failures = record.failures + 1 if now - record.last <= LONGEST_SECONDS else 1
            record.last = now
            if (beyond := record.failures - FAILURES) >= 0:
                record.until = now + min(FIRST_SECONDS * 2 ** min(beyond, 10), LONGEST_SECONDS)
            if len(self._records) > MAX_KEYS:
                self._records.popitem(last=False)

    def record_success(self, user: str, address: str) -> None:
        """The right password: what was before is forgotten."""
        with self._lock:
            self._records.pop(_key(user, address), None)


def _key(user: str, address: str) -> bytes:
    """Of the same small size, however long the name is that someone sends."""
    name = user.lower().encode("utf-8", "surrogatepass")
    return hashlib.blake2b(name + b"\0" + address.encode(), digest_size=16).digest()
