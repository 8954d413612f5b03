"""HTTP server whose responses a test plans: it predicts "x" for each row, unless a response is planned for the path."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt

SCHEMA = {"columns": [{"name": "age"}, {"name": "id", "dropped": True}, {"name": "sex"}], "classes": ["x", "y"]}


@dataclass
class Response:
    """Planned response."""

    status: int
    content: object = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class ScriptedServer:
    """The planned responses by path, used up in order, and the requests so far."""

    url: str = ""
    plan: dict[str, list[Response]] = field(default_factory=dict)
    received: list[tuple[str, Any]] = field(default_factory=list)
    """Path and JSON body of each request."""

    def respond(self, path: str, content: Any) -> Response:
        """Return the planned response to a request, or that of a server that predicts "x"."""
        self.received.append((path, content))
        if self.plan.get(path):
            return self.plan[path].pop(0)
        if path == "/version":
            return Response(200, {"model": "a1"})
        if path == "/login":
            return Response(200, {"token": jwt.encode({"iat": 0, "exp": 720}, "k" * 32)})
        if path == "/schema":
            return Response(200, SCHEMA)
        return Response(200, {"predictions": ["x"] * len(content["inputs"])}, {"X-Model-Version": "a1"})

    def paths(self) -> list[str]:
        """Return the paths of the requests."""
        return [path for path, _content in self.received]

    def rows(self) -> list[Any]:
        """Return the rows of each request that predicts."""
        return [content["inputs"] for path, content in self.received if path == "/prediction"]


@contextmanager
def serve_script() -> Iterator[ScriptedServer]:
    """Serve planned responses on a free port."""
    script = ScriptedServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            response = script.respond(self.path.partition("?")[0], json.loads(body) if body else None)
            data = json.dumps(response.content).encode()
            self.send_response(response.status)
            for name, value in {**response.headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        script.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield script
        server.shutdown()
