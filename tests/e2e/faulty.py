"""A way to the bucket that can be bad: passes requests on, and spoils the contents of objects as PUT /fault says.

Runs in the cluster with nothing but Python: python3 -c "$(cat faulty.py)" HOST PORT.
"""

import http.client
import socket
import struct
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STORE = (sys.argv[1], int(sys.argv[2]))
NOT_KEPT = ("connection", "content-length", "date", "server", "transfer-encoding")
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: on, 0 s."""


class Way(BaseHTTPRequestHandler):
    """To the store and back."""

    protocol_version = "HTTP/1.1"
    fault = ""

    def do_PUT(self) -> None:
        Way.fault = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.answer(200, [], b"")

    def do_GET(self) -> None:
        store = http.client.HTTPConnection(*STORE, timeout=30)
        asked = {name: value for name, value in self.headers.items() if name in ("Host", "Range")}
        store.request("GET", self.path, headers=asked)
        found = store.getresponse()
        body = found.read()
        kept = [(name, value) for name, value in found.getheaders() if name.lower() not in NOT_KEPT]
        self.answer(found.status, kept, body, self.fault if "alt=media" in self.path else "")
        store.close()

    def answer(self, status: int, headers: list[tuple[str, str]], body: bytes, fault: str = "") -> None:
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
    ThreadingHTTPServer(("", 4443), Way).serve_forever()
