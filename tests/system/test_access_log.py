"""The access log: a line of JSON per response on stdout, without password, token or row."""

import json
import socket

import pytest
import requests

from support.live_server import Start

ROW = [39, "Private", 14, "Male"]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_each_response_is_logged_without_secrets(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    server = start("dataframe", access_log=True)
    token = server.token()
    response = server.predict([ROW])
    requests.get(f"{server.url}/nowhere?token={token}", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    requests.get(f"{server.url}/readyz")
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n")
        connection.recv(4096)
    server.stop()

    text = capfd.readouterr().out
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["message"] for line in lines] == [
        "GET /login 200",
        "GET /login 200",
        "POST /prediction 200",
        "GET other 404",
        "other other 400",
    ]
    assert lines[2]["request_id"] == response.headers["X-Request-Id"]
    assert float(lines[2]["httpRequest"]["latency"].removesuffix("s")) > 0
    assert lines[3]["trace_id"] == lines[3]["request_id"] == TRACE
    assert not any(secret in text for secret in (token, "census", "Private", "Basic", "nowhere"))


def test_access_log_is_off_by_default(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    server = start("dataframe")
    server.predict([ROW])
    server.stop()

    assert capfd.readouterr().out == ""
