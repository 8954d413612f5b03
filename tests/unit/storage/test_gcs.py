"""Objects of a bucket: read whole, of one generation, in bounded time and memory; written conditionally."""

import threading
from collections.abc import Callable

import pytest

from ml_census import storage
from ml_census.storage import gcs
from support.fake_gcs import Bucket, ObjectHandler

DATA = bytes(range(256)) * 2**8
HTML = b"<html>Log in to this network</html>"
URI = "gs://models/m"


@pytest.fixture(autouse=True)
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set timeouts in which gcsfs does not retry."""
    for name in ("STAT_TIMEOUT_SECONDS", "DOWNLOAD_TIMEOUT_SECONDS", "UPLOAD_TIMEOUT_SECONDS"):
        monkeypatch.setattr(gcs, name, 0.5)


def test_object_is_read_whole(bucket: Bucket) -> None:
    """If it were not, none of the tests below could fail."""
    bucket.objects["m"] = DATA

    assert storage.fingerprint(URI) == "1"
    assert storage.read(URI, len(DATA)) == DATA


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 1000])
def test_object_is_read_in_ranges(bucket: Bucket, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(gcs, "RANGE_BYTES", 100)
    bucket.objects["m"] = DATA[:size]

    assert storage.read(URI) == DATA[:size]


def test_object_larger_than_the_limit_is_rejected(bucket: Bucket) -> None:
    bucket.objects["m"] = DATA

    with pytest.raises(storage.StorageError, match=f"larger than {len(DATA) - 1} bytes"):
        storage.read(URI, len(DATA) - 1)


def test_folder_is_no_object(bucket: Bucket) -> None:
    bucket.objects["folder/m"] = DATA

    with pytest.raises(storage.StorageError, match="is a folder, not a file"):
        storage.fingerprint("gs://models/folder")


def test_missing_object_has_no_fingerprint(bucket: Bucket) -> None:
    assert storage.fingerprint(URI) == ""
    with pytest.raises(storage.ObjectNotFoundError):
        storage.read(URI)


def cut(twentieths: int) -> Callable[[ObjectHandler, bytes], object]:
    """Return a response that ends after some twentieths of its announced length."""
    return lambda handler, data: handler.send(data[: twentieths * len(data) // 20], 200, len(data))


def reset_in_the_middle(handler: ObjectHandler, data: bytes) -> None:
    """Send half of the data and reset the connection."""
    handler.send(data[: len(data) // 2], 200, len(data))
    handler.reset()


DAMAGED: dict[str, Callable[[ObjectHandler, bytes], object]] = {
    "without body": cut(0),
    "cut in the middle": cut(10),
    "cut near the end": cut(19),
    "reset in the middle": reset_in_the_middle,
    "with a smaller length": lambda handler, data: handler.send(data, 200, 100),
    "without length, and shorter": lambda handler, data: handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + data[:-1]),
    "empty": lambda handler, _: handler.send(b""),
    "a page of HTML": lambda handler, _: handler.send(HTML),
    "a page of HTML of the same length": lambda handler, data: handler.send(HTML.ljust(len(data))),
    "with a flipped bit": lambda handler, data: handler.send(data[:-1] + bytes([data[-1] ^ 1])),
    "longer": lambda handler, data: handler.send(data + b"x"),
    "unavailable": lambda handler, _: handler.send(b"{}", 503),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_or_cut_object_is_unavailable(bucket: Bucket, damage: str) -> None:
    bucket.objects["m"] = DATA
    bucket.respond_with_data = DAMAGED[damage]

    with pytest.raises(storage.StorageUnavailableError):
        storage.read(URI)


@pytest.mark.parametrize("overwritten", [DATA, DATA + DATA, None], ids=["same", "longer", "deleted"])
def test_object_overwritten_during_a_read_is_unavailable(bucket: Bucket, overwritten: bytes | None) -> None:
    def overwrite(handler: ObjectHandler, data: bytes) -> None:
        del bucket.objects["m"]
        if overwritten is not None:
            bucket.objects["m"] = overwritten
        bucket.generation += 1
        bucket.respond_with_data = None
        handler.do_GET()

    bucket.objects["m"] = DATA
    bucket.respond_with_data = overwrite

    with pytest.raises(storage.StorageUnavailableError, match="was overwritten while it was read"):
        storage.read(URI)


class SlowBody:
    """Sends a body of an announced length in pieces of one byte, ten in 0.1 s, until the client disconnects."""

    def __init__(self, length: int) -> None:
        self.has_ended = threading.Event()
        self.sent = 0
        self._length = length

    def __call__(self, handler: ObjectHandler, data: bytes) -> None:
        handler.wfile.write(f"HTTP/1.0 200 OK\r\nContent-Length: {self._length}\r\n\r\n".encode())
        try:
            while not self.has_ended.wait(0.01):
                handler.wfile.write(b"x")
                self.sent += 1
        finally:
            self.has_ended.set()


@pytest.mark.parametrize("length", [len(DATA) + 1, 2**40])
def test_body_longer_than_the_object_is_not_read(bucket: Bucket, length: int) -> None:
    bucket.objects["m"] = DATA
    bucket.respond_with_data = body = SlowBody(length)

    with pytest.raises(storage.StorageUnavailableError, match="was damaged or cut short in transit"):
        storage.read(URI)

    assert body.has_ended.wait(30)
    assert body.sent < 100


def test_download_beyond_its_timeout_is_ended(bucket: Bucket) -> None:
    """If it went on, the next one would be in memory beside it."""
    bucket.objects["m"] = DATA
    bucket.respond_with_data = body = SlowBody(len(DATA))

    with pytest.raises(storage.StorageUnavailableError, match=r"could not be read within 0.5 s"):
        storage.read(URI)

    assert body.has_ended.wait(30)
    assert body.sent < len(DATA)


@pytest.mark.parametrize("before", [None, b'{"eve": "x"}'], ids=["no object", "an object"])
def test_object_changed_since_its_fingerprint_is_not_replaced(bucket: Bucket, before: bytes | None) -> None:
    if before:
        bucket.objects["m"] = before
    fingerprint = storage.fingerprint(URI)
    storage.write(URI, b"first", unless_changed=fingerprint)

    with pytest.raises(storage.ObjectChangedError, match="was changed by another command, and nothing is written"):
        storage.write(URI, b"second", unless_changed=fingerprint)

    assert bucket.objects["m"] == b"first"


def test_object_is_created_only_once(bucket: Bucket) -> None:
    storage.create(URI, b"first")

    with pytest.raises(storage.ObjectExistsError):
        storage.create(URI, b"second")
    assert bucket.objects["m"] == b"first"


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("gs://models/in", ["in/a", "in/b/c"]),
        ("gs://models/in/", ["in/a", "in/b/c"]),
        ("gs://models/in/*", ["in/_x", "in/a"]),
        ("gs://models/in/**", ["in/_x", "in/a", "in/b/_x", "in/b/c"]),
        ("gs://models/in/a", ["in/a"]),
        ("gs://models/in/z", []),
    ],
)
def test_objects_are_found_in_order(bucket: Bucket, pattern: str, names: list[str]) -> None:
    for name in ("in/b/c", "in/a", "in/_x", "in/b/_x", "inn/d"):
        bucket.objects[name] = b"data"

    found = storage.find(pattern)

    assert found == [storage.StoredFile(f"gs://models/{name}", 4, "1") for name in names]


def test_ranges_of_one_generation_are_read(bucket: Bucket) -> None:
    bucket.objects["m"] = DATA
    (file,) = storage.find(URI)

    with storage.open_version(file) as opened:
        opened.seek(-10, 2)
        assert opened.read(7) == DATA[-10:-3]
        bucket.generation += 1
        with pytest.raises(storage.ObjectChangedError):
            opened.read()


def test_range_that_arrives_cut_short_is_an_error(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml_census.storage.retries.PAUSE_SECONDS", ())
    bucket.objects["m"] = DATA
    bucket.respond_with_data = lambda handler, data: handler.send(data[:50], 206)
    (file,) = storage.find(URI)

    with storage.open_version(file) as opened, pytest.raises(storage.StorageUnavailableError, match="cut short"):
        opened.read(100)
