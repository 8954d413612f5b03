"""A file of ranges reads, seeks and repeats as a local file does."""

import io
import os

import pytest

from ml_census.storage import StorageUnavailableError, retries
from ml_census.storage.ranged_file import RangedFile

DATA = bytes(range(100))


@pytest.mark.parametrize(
    ("offset", "whence"), [(0, os.SEEK_SET), (99, os.SEEK_SET), (-7, os.SEEK_END), (5, os.SEEK_END)]
)
@pytest.mark.parametrize("size", [-1, 0, 1, 50, 1000])
def test_ranges_are_those_of_a_local_file(offset: int, whence: int, size: int) -> None:
    local, ranged = io.BytesIO(DATA), RangedFile(len(DATA), lambda start, stop: DATA[start:stop])

    assert ranged.seek(offset, whence) == local.seek(offset, whence)
    assert ranged.read(size) == local.read(size)
    assert ranged.tell() == local.tell()
    assert ranged.readall() == local.read()


def test_seek_from_the_position() -> None:
    file = RangedFile(len(DATA), lambda start, stop: DATA[start:stop])
    file.read(10)

    assert file.seek(5, os.SEEK_CUR) == 15
    assert file.readable() and file.seekable()


def test_failed_read_is_repeated_from_the_same_position(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "PAUSE_SECONDS", (0,))
    failures = [StorageUnavailableError("reset")]

    def read_range(start: int, stop: int) -> bytes:
        if failures:
            raise failures.pop()
        return DATA[start:stop]

    assert RangedFile(len(DATA), read_range).read(3) == DATA[:3]
