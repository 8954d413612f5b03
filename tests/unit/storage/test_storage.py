"""Local files, and what a bucket may answer; tests/system has an emulator that others have made."""

import threading
from collections.abc import Callable
from pathlib import Path

import fsspec
import pytest

from ml_census import storage
from support.fake_gcs import Answering, Bucket

DATA = bytes(range(256)) * 2**8
HTML = b"<html>Log in to this network</html>"


def test_what_is_written_is_read(tmp_path: Path) -> None:
    uri = storage.join(str(tmp_path), "new/file")

    storage.write(uri, b"old")
    storage.write(uri, b"data")

    assert storage.read(uri) == b"data"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


def test_a_private_file_is_its_owners_alone_and_others_are_as_the_umask_says(tmp_path: Path) -> None:
    """Passwords' hashes are nobody else's; a model may be mounted into a container that runs as another user."""
    (tmp_path / "touched").touch()
    storage.write(str(tmp_path / "public"), b"data")
    storage.write(str(tmp_path / "private"), b"data", private=True)

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

    assert modes["private"] == 0o600
    assert modes["public"] == modes["touched"]


def test_more_than_the_limit_is_an_error(tmp_path: Path) -> None:
    storage.write(str(tmp_path / "file"), b"12345")

    assert storage.read(str(tmp_path / "file"), limit=5) == b"12345"
    with pytest.raises(storage.StorageError, match="larger than 4 bytes"):
        storage.read(str(tmp_path / "file"), limit=4)


def test_more_than_the_limit_is_an_error_also_where_the_store_says_no_size() -> None:
    fsspec.filesystem("memory").pipe_file("/file", b"12345")

    assert storage.read("memory://file", limit=5) == b"12345"
    with pytest.raises(storage.StorageError, match="larger than 4 bytes"):
        storage.read("memory://file", limit=4)


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(storage.ObjectNotFoundError):
        storage.read(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("uri", "folder", "name"),
    [("gs://b/x/m.pkl", "gs://b/x", "m.pkl"), ("/m.pkl", "/", "m.pkl"), ("m.pkl", "", "m.pkl"), ("a/b", "a", "b")],
)
def test_a_uri_is_split_and_joined(uri: str, folder: str, name: str) -> None:
    assert storage.split(uri) == (folder, name)
    assert storage.join(folder, name) == uri


def test_an_object_is_read_whole(bucket: Bucket) -> None:
    """Or none of the tests below could fail."""
    bucket.objects["m"] = DATA

    assert storage.fingerprint("gs://models/m") == "1"
    assert storage.read("gs://models/m", len(DATA)) == DATA


def test_a_folder_of_a_bucket_is_no_object(bucket: Bucket) -> None:
    bucket.objects["folder/m"] = DATA

    with pytest.raises(storage.StorageError, match="is a folder, not a file"):
        storage.fingerprint("gs://models/folder")


SPOILT: dict[str, Callable[[Answering, bytes], None]] = {
    **{
        f"cut at {place}/20": lambda way, data, place=place: way.answer(data[: place * len(data) // 20], 200, len(data))
        for place in (0, 10, 19)
    },
    "reset in the middle": lambda way, data: (way.answer(data[: len(data) // 2], 200, len(data)), way.reset())[1],
    "of a smaller length": lambda way, data: way.answer(data, 200, 100),
    "of no length, and shorter": lambda way, data: way.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + data[:-1]),
    "empty": lambda way, _: way.answer(b""),
    "a page of HTML": lambda way, _: way.answer(HTML),
    "a page of HTML of the same length": lambda way, data: way.answer(HTML.ljust(len(data))),
    "flipped": lambda way, data: way.answer(data[:-1] + bytes([data[-1] ^ 1])),
    "longer": lambda way, data: way.answer(data + b"x"),
    "unavailable": lambda way, _: way.answer(b"{}", 503),
}


@pytest.mark.parametrize("how", SPOILT)
def test_an_object_that_does_not_come_as_it_is_may_come_later(bucket: Bucket, how: str) -> None:
    bucket.objects["m"] = DATA
    bucket.contents = SPOILT[how]

    with pytest.raises(storage.StorageUnavailableError):
        storage.read("gs://models/m")


@pytest.mark.parametrize("overwritten", [DATA, DATA + DATA, None], ids=["same", "longer", "deleted"])
def test_an_object_that_is_overwritten_while_it_is_read_may_be_read_later(
    bucket: Bucket, overwritten: bytes | None
) -> None:
    def overwrite(way: Answering, data: bytes) -> None:
        del bucket.objects["m"]
        if overwritten is not None:
            bucket.objects["m"] = overwritten
        bucket.generation += 1
        way.answer(data if overwritten is None else overwritten)

    bucket.objects["m"] = DATA
    bucket.contents = overwrite

    with pytest.raises(storage.StorageUnavailableError, match="was overwritten while it was read"):
        storage.read("gs://models/m")


class Endless:
    """Sends for as long as somebody reads."""

    def __init__(self, piece: bytes) -> None:
        self.sent = 0
        self.has_ended = threading.Event()
        self._piece = piece

    def __call__(self, way: Answering, data: bytes) -> None:
        way.wfile.write(f"HTTP/1.0 200 OK\r\nContent-Length: {2**40}\r\n\r\n".encode())
        try:
            while not self.has_ended.wait(0.01):
                way.wfile.write(self._piece)
                self.sent += len(self._piece)
        finally:
            self.has_ended.set()


def test_no_more_is_taken_than_was_announced(bucket: Bucket) -> None:
    bucket.objects["m"] = DATA
    bucket.contents = endless = Endless(DATA)

    with pytest.raises(storage.StorageUnavailableError, match="came damaged or not to its end"):
        storage.read("gs://models/m")

    assert endless.has_ended.wait(30)
    assert endless.sent < 200 * len(DATA), "what the kernel and the client hold on their way"


def test_a_download_that_takes_too_long_ends_with_its_time(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or it would go on beside the next one, and both would be in memory."""
    monkeypatch.setattr(storage, "DOWNLOAD_SECONDS", 0.5)
    bucket.objects["m"] = DATA
    bucket.contents = endless = Endless(b"x")

    with pytest.raises(storage.StorageUnavailableError, match=r"could not be read within 0.5 s"):
        storage.read("gs://models/m")

    assert endless.has_ended.wait(30)
    assert endless.sent < len(DATA)


LATE = "gs://models/late"
"""gcsfs goes on asking for it in a thread after its time, also in later tests: another bucket has no such object."""
ASKS = pytest.mark.parametrize("ask", [storage.fingerprint, storage.read])


@ASKS
@pytest.mark.parametrize("status", [408, 429, 503])
def test_status_that_may_change_is_unreachable(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, ask: Callable[[str], object], status: int
) -> None:
    only_for(0.1, monkeypatch)
    bucket.answers = lambda way: way.answer(b"{}", status)

    with pytest.raises(storage.StorageUnavailableError):
        ask(LATE)


@ASKS
@pytest.mark.parametrize("where", ["http://127.0.0.1:9", "http://nowhere.invalid", "silent", "html"])
def test_store_that_does_not_answer_is_unreachable(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, ask: Callable[[str], object], where: str
) -> None:
    only_for(0.1, monkeypatch)
    over = threading.Event()
    bucket.answers = lambda way: way.answer(HTML) if where == "html" else over.wait(60)
    if where.startswith("http:"):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", where)

    with pytest.raises(storage.StorageUnavailableError) as raised:
        ask(LATE)

    assert str(raised.value).startswith(
        ("could not be read within 0.1 s", "the store answers something else than JSON")
    )
    over.set()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "permission denied: the account needs roles/storage.objectViewer on the bucket"),
        (403, "permission denied: the account needs roles/storage.objectViewer on the bucket: {}"),
        (404, "not found"),
        (400, "HttpError: {}, 400"),
    ],
)
def test_what_will_not_go_well_later_is_one_line_at_once(bucket: Bucket, status: int, reason: str) -> None:
    """Before the time for an answer is over, which would be another reason."""
    bucket.answers = lambda way: way.answer(b"{}", status)

    with pytest.raises(storage.StorageError) as raised:
        storage.read("gs://models/m")

    assert not isinstance(raised.value, storage.StorageUnavailableError)
    assert str(raised.value) == reason


def only_for(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """gcsfs tries for half a minute."""
    monkeypatch.setattr(storage, "LOOK_SECONDS", seconds)
    monkeypatch.setattr(storage, "DOWNLOAD_SECONDS", seconds)
