"""A bucket of Google Cloud Storage in this process, with responses that a test can replace."""

import json
import re
import socket
import struct
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: on, 0 s."""


class ObjectHandler(BaseHTTPRequestHandler):
    """Handler that closes the connection after each response: a body may be shorter than its Content-Length."""

    server: "Server"

    def do_GET(self) -> None:
        """Send a listing, metadata or the bytes of an object."""
        bucket, url = self.server.bucket, urlsplit(self.path)
        if bucket.respond is not None:
            bucket.respond(self)
            return
        _, _, name = unquote(url.path).partition("/b/models/o/")
        data = bucket.objects.get(name)
        if url.path.endswith("/o"):
            prefix = parse_qs(url.query).get("prefix", [""])[0]
            items = [bucket.metadata(name) for name in list(bucket.objects) if name.startswith(prefix)]
            self.send(json.dumps({"items": items}).encode())
        elif data is None:
            self.send(b"{}", 404)
        elif not url.path.startswith("/download"):
            self.send(json.dumps(bucket.metadata(name)).encode())
        elif bucket.respond_with_data is not None:
            bucket.respond_with_data(self, data)
        elif parse_qs(url.query).get("generation", [bucket.generation_of(name)]) != [bucket.generation_of(name)]:
            self.send(b"{}", 404)
        elif requested := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            self.send(data[int(requested[1]) : int(requested[2]) + 1], 206)
        else:
            self.send(data)

    def do_POST(self) -> None:
        """Accept an upload if the object has the generation of the request."""
        bucket, query = self.server.bucket, parse_qs(urlsplit(self.path).query)
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if bucket.respond is not None:
            bucket.respond(self)
            return
        (name,) = query["name"]
        with bucket.lock:
            current = bucket.generation_of(name) if name in bucket.objects else "0"
            is_current = query.get("ifGenerationMatch", [current]) == [current]
            if is_current:
                bucket.generations[name] = int(current) + 1
                bucket.objects[name] = data
        if bucket.respond_to_upload is not None and bucket.respond_to_upload(self):
            return
        if is_current:
            self.send(json.dumps(bucket.metadata(name)).encode())
        else:
            self.send(b'{"error": {"code": 412, "message": "conditionNotMet"}}', 412)

    def send(self, body: bytes, status: int = 200, length: int | None = None) -> None:
        """Send a response. `length` is its Content-Length, if not that of the body."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def reset(self) -> None:
        """Reset the connection, as when a process is killed."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        socket.close(self.connection.detach())

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


class Server(ThreadingHTTPServer):
    """A server that does not wait for its threads at the end."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, bucket: "Bucket") -> None:
        super().__init__(("127.0.0.1", 0), ObjectHandler)
        self.bucket = bucket

    def handle_error(self, *_: Any) -> None:
        """Ignore a client that has disconnected."""


class Bucket:
    """The bucket gs://models: its objects by name, and replacements of its responses."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.generation = 1
        """Generation of the objects that a test has put into `objects`."""
        self.generations: dict[str, int] = {}
        """Generation of each uploaded object."""
        self.lock = threading.Lock()
        self.respond: Callable[[ObjectHandler], object] | None = None
        """Replaces the response to each request."""
        self.respond_with_data: Callable[[ObjectHandler, bytes], object] | None = None
        """Replaces the response to a download; the arguments are the handler and the object's bytes."""
        self.respond_to_upload: Callable[[ObjectHandler], bool] | None = None
        """Sends a failure in place of the response to a stored upload, and returns whether it did."""

    def generation_of(self, name: str) -> str:
        return str(self.generations.get(name, self.generation))

    def metadata(self, name: str) -> dict[str, Any]:
        """Return the metadata of an object, as the JSON API does."""
        data = self.objects[name]
        return {
            "bucket": "models",
            "name": name,
            "size": str(len(data)),
            "generation": self.generation_of(name),
            "md5Hash": b64encode(md5(data, usedforsecurity=False).digest()).decode(),
        }


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """Yield a bucket that gcsfs uses in this process and in its child processes."""
    served = Bucket()
    with Server(served) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))  # poll interval in seconds
        thread.start()
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
        yield served
        server.shutdown()
        thread.join()
