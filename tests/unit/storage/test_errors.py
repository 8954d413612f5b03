"""Each fault of a store is told by its cause, and by what to do; no library speaks for us."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ml_census import storage
from support.fake_gcs import Answering, Bucket


def error(status: int, message: str) -> Callable[[Answering], None]:
    """As the JSON API answers: https://docs.cloud.google.com/storage/docs/json_api/v1/status-codes."""
    body = json.dumps({"error": {"code": status, "message": message}}).encode()
    return lambda way: way.answer(body, status)


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """Which takes a second."""
    import gcsfs  # noqa: F401


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """gcsfs tries for half a minute."""
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setattr(Answering, "do_POST", Answering.do_GET, raising=False)
    for name in ("LOOK_SECONDS", "DOWNLOAD_SECONDS", "WRITE_SECONDS"):
        monkeypatch.setattr(storage, name, 1)


def write(uri: str) -> None:
    storage.write(uri, b"data")


CALLS: dict[str, Callable[[str], object]] = {"read": storage.read, "look": storage.fingerprint, "write": write}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("status", "message", "cause"),
    [
        (500, "We encountered an internal error.", "500"),
        (503, "Backend unavailable.", "Backend unavailable., 503"),
        (429, "The rate of requests is too high.", "The rate of requests is too high., 429"),
    ],
)
def test_a_store_that_fails_is_told_by_its_answer(
    bucket: Bucket, call: str, status: int, message: str, cause: str
) -> None:
    bucket.answers = error(status, message)

    with pytest.raises(storage.StorageUnavailableError) as raised:
        CALLS[call]("gs://models/m")

    assert cause in str(raised.value)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("where", "cause"), [("http://127.0.0.1:9", "127.0.0.1:9"), ("http://nowhere.invalid", "nowhere.invalid")]
)
def test_a_store_that_is_not_there_is_told_by_its_address(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, call: str, where: str, cause: str
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", where)

    with pytest.raises(storage.StorageUnavailableError) as raised:
        CALLS[call]("gs://models/m")

    assert "Cannot connect to host " + cause in str(raised.value)


@pytest.mark.parametrize(
    ("call", "role"),
    [
        ("read", "roles/storage.objectViewer"),
        ("look", "roles/storage.objectViewer"),
        ("write", "roles/storage.objectUser"),
    ],
)
def test_a_missing_permission_is_told_by_the_role_that_has_it(bucket: Bucket, call: str, role: str) -> None:
    bucket.answers = error(403, "census@example.iam.gserviceaccount.com does not have access")

    with pytest.raises(storage.StorageError) as raised:
        CALLS[call]("gs://models/m")

    assert not isinstance(raised.value, storage.StorageUnavailableError)
    assert str(raised.value) == (
        f"permission denied: the account needs {role} on the bucket: "
        "census@example.iam.gserviceaccount.com does not have access"
    )


@pytest.mark.parametrize("call", CALLS)
def test_a_store_without_credentials_may_have_them_later(bucket: Bucket, call: str) -> None:
    """On GKE the metadata server may be silent for the first seconds of a pod, and gcsfs is then anonymous."""
    bucket.objects["m"] = b"data"
    bucket.answers = error(401, "Anonymous caller does not have storage.objects.get access to the object.")

    with pytest.raises(storage.StorageUnavailableError, match="no Google credentials"):
        CALLS[call]("gs://models/m")


def test_what_a_library_logs_is_not_shown(bucket: Bucket, capfd: pytest.CaptureFixture[str]) -> None:
    bucket.answers = error(400, "no")

    with pytest.raises(storage.StorageError):
        storage.write("gs://models/m", b"data")

    assert capfd.readouterr() == ("", "")


class Metadata(ThreadingHTTPServer):
    """Google's metadata server, which fails until it is ready."""

    daemon_threads = True
    is_ready = False


class Handler(BaseHTTPRequestHandler):
    server: Metadata

    def do_GET(self) -> None:
        body = b"{}"
        if self.path.endswith("/token") or "/token?" in self.path:
            body = b'{"access_token": "abc", "expires_in": 3600, "token_type": "Bearer"}'
        elif "recursive=true" in self.path:
            body = b'{"email": "default", "scopes": [], "aliases": ["default"]}'
        elif "universe" in self.path:
            body = b"googleapis.com"
        elif "project" in self.path:
            body = b"a-project"
        self.send_response(200 if self.server.is_ready else 503)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", "text/plain" if body[:1] != b"{" else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def metadata() -> Iterator[Metadata]:
    with Metadata(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


READ = """
import sys
from ml_census import storage
for line in sys.stdin:
    try:
        print(storage.read("gs://models/m"), flush=True)
    except storage.StorageError as error:
        print(type(error).__name__, error, flush=True)
"""


CHOSEN = ("GOOGLE_APPLICATION_CREDENTIALS", "NO_GCE_CHECK")


def environment(metadata_host: str) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if name not in CHOSEN}
    quick = {"GCE_METADATA_TIMEOUT": "0.2", "GCE_METADATA_HOST": metadata_host, "GCE_METADATA_IP": metadata_host}
    return known | quick | {"HOME": "/nonexistent", "CLOUDSDK_CONFIG": "/nonexistent"}


class Reader:
    """A process that reads an object when it is asked to."""

    def __init__(self, env: dict[str, str]) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen([sys.executable, "-c", READ], text=True, env=env, **pipes)  # type: ignore[call-overload]

    def read(self) -> str:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return str(self.process.stdout.readline()).strip()

    def close(self) -> str:
        return str(self.process.communicate(timeout=60)[1])


def only_with_a_token(bucket: Bucket) -> None:
    denied = error(401, "Anonymous caller does not have storage.objects.get access to the object.")

    def answer(way: Answering) -> None:
        if way.headers["Authorization"] != "Bearer abc":
            denied(way)
            return
        bucket.answers = None
        way.do_GET()
        bucket.answers = answer

    bucket.answers = answer


def test_a_metadata_server_that_comes_late_is_asked_again(bucket: Bucket, metadata: Metadata) -> None:
    bucket.objects["m"] = b"data"
    only_with_a_token(bucket)
    reader = Reader(environment(f"127.0.0.1:{metadata.server_port}"))

    before = reader.read()
    metadata.is_ready = True
    after = [reader.read() for _ in range(3)]

    assert before.startswith("StorageUnavailableError") and "no Google credentials" in before
    assert after[-1] == "b'data'"
    assert reader.close() == ""


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (None, "key.json was not found"),
        ("{", "key.json is not a valid json file"),
        ("{}", "key.json does not have a valid"),
    ],
)
def test_a_key_file_that_cannot_be_used_is_named(
    bucket: Bucket, metadata: Metadata, tmp_path: Path, text: str | None, cause: str
) -> None:
    only_with_a_token(bucket)
    if text is not None:
        (tmp_path / "key.json").write_text(text)
    env = environment(f"127.0.0.1:{metadata.server_port}")
    reader = Reader(env | {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json")})

    said = reader.read()

    assert said.startswith("StorageError") and cause in said and "GOOGLE_APPLICATION_CREDENTIALS" in said
    assert reader.close() == ""
