"""Proxy of the bucket that damages the contents of objects in the way that PUT /fault sets.

The proxy runs in the cluster and needs Python only: python3 -c "$(cat faulty_proxy.py)" HOST PORT.
"""

import http.client
import socket
import struct
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STORAGE = (sys.argv[1], int(sys.argv[2]))
OWN_HEADERS = ("connection", "content-length", "date", "server", "transfer-encoding")
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on with 0 s: close() resets the connection."""


class FaultyProxy(BaseHTTPRequestHandler):
    """Forwards requests to the bucket."""

    protocol_version = "HTTP/1.1"
    fault = ""

    def do_PUT(self) -> None:
        """Set the fault."""
        FaultyProxy.fault = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.respond(200, [], b"")

    def do_GET(self) -> None:
        """Forward a request, and damage the content of an object."""
        storage = http.client.HTTPConnection(*STORAGE, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name in ("Host", "Range")}
        storage.request("GET", self.path, headers=headers)
        response = storage.getresponse()
        body = response.read()
        kept = [(name, value) for name, value in response.getheaders() if name.lower() not in OWN_HEADERS]
        self.respond(response.status, kept, body, self.fault if "alt=media" in self.path else "")
        storage.close()

    def respond(self, status: int, headers: list[tuple[str, str]], body: bytes, fault: str = "") -> None:
        """Send a response with a fault: flipped, slow, cut, reset or none."""
        if fault == "flipped":
            body = body[:-1] + bytes([body[-1] ^ 1])
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        if fault == "slow":
            for start in range(0, len(body), 1024):
                self.wfile.write(body[start : start + 1024])
                time.sleep(1)
        elif fault in ("cut", "reset"):
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            if fault == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                socket.close(self.connection.detach())
        else:
            self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("", 4443), FaultyProxy).serve_forever()
