"""A bucket of Google Cloud Storage in this process, whose answers a test can spoil."""

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


class Answering(BaseHTTPRequestHandler):
    """One connection; it is closed after each answer, so that a body may end before its length says."""

    server: "Server"

    def do_GET(self) -> None:
        bucket, url = self.server.bucket, urlsplit(self.path)
        if bucket.answers is not None:
            bucket.answers(self)
            return
        _, _, name = unquote(url.path).partition("/b/models/o/")
        data = bucket.objects.get(name)
        if url.path.endswith("/o"):
            prefix = parse_qs(url.query).get("prefix", [""])[0]
            found = [bucket.metadata(name) for name in bucket.objects if name.startswith(prefix)]
            self.answer(json.dumps({"items": found}).encode())
        elif data is None:
            self.answer(b"{}", 404)
        elif not url.path.startswith("/download"):
            self.answer(json.dumps(bucket.metadata(name)).encode())
        elif bucket.contents is not None:
            bucket.contents(self, data)
        elif parse_qs(url.query).get("generation", [str(bucket.generation)]) != [str(bucket.generation)]:
            self.answer(b"{}", 404)
        elif requested := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            self.answer(data[int(requested[1]) : int(requested[2]) + 1], 206)
        else:
            self.answer(data)

    def do_POST(self) -> None:
        """Take an upload, unless the object has another generation than the client says."""
        bucket, query = self.server.bucket, parse_qs(urlsplit(self.path).query)
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if bucket.answers is not None:
            bucket.answers(self)
            return
        (name,) = query["name"]
        there = str(bucket.generation) if name in bucket.objects else "0"
        if query.get("ifGenerationMatch", [there]) != [there]:
            self.answer(b'{"error": {"code": 412, "message": "conditionNotMet"}}', 412)
            return
        bucket.generation += 1
        bucket.objects[name] = data
        self.answer(json.dumps(bucket.metadata(name)).encode())

    def answer(self, body: bytes, status: int = 200, length: int | None = None) -> None:
        """`length` is what the Content-Length says, if it lies."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def reset(self) -> None:
        """End the connection as a process does that is killed."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        socket.close(self.connection.detach())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Waits for no thread that still answers."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, bucket: "Bucket") -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.bucket = bucket

    def handle_error(self, *_: Any) -> None:
        """A client that has gone is no error."""


class Bucket:
    """gs://models: the objects by name, and what becomes of the questions for them."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.generation = 1
        self.answers: Callable[[Answering], None] | None = None
        """To every question, in place of what is true."""
        self.contents: Callable[[Answering, bytes], None] | None = None
        """To a question for an object's bytes."""

    def metadata(self, name: str) -> dict[str, Any]:
        data = self.objects[name]
        return {
            "bucket": "models",
            "name": name,
            "size": str(len(data)),
            "generation": str(self.generation),
            "md5Hash": b64encode(md5(data, usedforsecurity=False).digest()).decode(),
        }


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """gcsfs in this process, and in those that it starts, is led to it."""
    served = Bucket()
    with Server(served) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))  # seconds until it sees its end
        thread.start()
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
        yield served
        server.shutdown()
        thread.join()
