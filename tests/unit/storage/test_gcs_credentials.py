"""Google credentials that come late, or from a key file that cannot be used; each in a process of its own."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from support.fake_gcs import Bucket, ObjectHandler

DENIED = b'{"error": {"code": 401, "message": "Anonymous caller does not have storage.objects.get access"}}'


class Metadata(ThreadingHTTPServer):
    """Google's metadata server; it responds with 503 until it is ready."""

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
        """Log nothing."""


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


REPLACED_VARIABLES = ("GOOGLE_APPLICATION_CREDENTIALS", "NO_GCE_CHECK")


def environment(metadata_host: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in REPLACED_VARIABLES}
    metadata = {"GCE_METADATA_TIMEOUT": "0.2", "GCE_METADATA_HOST": metadata_host, "GCE_METADATA_IP": metadata_host}
    return kept | metadata | {"HOME": "/nonexistent", "CLOUDSDK_CONFIG": "/nonexistent"}


class Reader:
    """A process that reads an object on request."""

    def __init__(self, env: dict[str, str]) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen([sys.executable, "-c", READ], text=True, env=env, **pipes)  # type: ignore[call-overload]

    def read(self) -> str:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return str(self.process.stdout.readline()).strip()

    def close(self) -> str:
        return str(self.process.communicate(timeout=60)[1])


def require_token(bucket: Bucket) -> None:
    def answer(handler: ObjectHandler) -> None:
        if handler.headers["Authorization"] != "Bearer abc":
            handler.send(DENIED, 401)
            return
        bucket.respond = None
        handler.do_GET()
        bucket.respond = answer

    bucket.respond = answer


def test_late_metadata_server_is_queried_again(bucket: Bucket, metadata: Metadata) -> None:
    bucket.objects["m"] = b"data"
    require_token(bucket)
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
def test_unusable_key_file_is_named(
    bucket: Bucket, metadata: Metadata, tmp_path: Path, text: str | None, cause: str
) -> None:
    require_token(bucket)
    if text is not None:
        (tmp_path / "key.json").write_text(text)
    env = environment(f"127.0.0.1:{metadata.server_port}")
    reader = Reader(env | {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json")})

    message = reader.read()

    assert message.startswith("StorageError") and cause in message and "GOOGLE_APPLICATION_CREDENTIALS" in message
    assert reader.close() == ""
