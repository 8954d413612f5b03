"""The client with many rows, against a real server and a proxy that fails."""

from pathlib import Path

import numpy as np
import pytest
import requests

from ml_census.client.session import Client, ClientError
from support.failing_proxy import NAMES, ROWS, Proxy, backend, expected, proxy, wait_until
from support.live_server import SECONDS, Server, Start

__all__ = ["backend", "expected", "proxy"]


class Clock:
    """A clock that a test advances."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def post_row(server: Server, token: str) -> requests.Response:
    headers = {"Authorization": token}
    return requests.post(f"{server.url}/prediction", headers=headers, json={"inputs": ROWS[:1]}, timeout=SECONDS)


def test_client_returns_predictions_in_row_order(backend: Server, expected: list[str]) -> None:
    with Client(backend.url, "census", "census") as client:
        assert client.model().columns == NAMES
        assert list(client.predict(ROWS, batch=7)) == expected


def test_failed_request_is_retried(proxy: Proxy, expected: list[str]) -> None:
    with Client(proxy.url, "census", "census") as client:
        assert list(client.predict(ROWS[:10])) == expected[:10]
        proxy.plan = ["503", "close", "", "408"]
        assert list(client.predict(ROWS, batch=400)) == expected


@pytest.mark.parametrize("status", ["429", "503"])
def test_retry_after_beyond_the_clients_limit_is_reported(proxy: Proxy, status: str) -> None:
    """Expect no retry: the proxy would forward a second request."""
    proxy.plan = [f"{status} 121"]
    with Client(proxy.url, "census", "census") as client, pytest.raises(ClientError, match=f"^{status} busy$"):
        list(client.predict(ROWS[:1]))
    assert [path for path, _ in proxy.received].count("/prediction") == 1


def test_token_is_renewed_a_minute_before_it_expires(proxy: Proxy, expected: list[str]) -> None:
    clock = Clock()
    with Client(proxy.url, "census", "census", clock=clock) as client:

        def logins_until(seconds: float) -> int:
            clock.now = 1000 + seconds
            assert list(client.predict(ROWS[:1])) == expected[:1]
            return [path for path, _ in proxy.received].count("/login")

        assert [logins_until(seconds) for seconds in (0, 659, 661, 1320, 1322)] == [1, 1, 2, 2, 3]


def test_rejected_token_is_renewed(start: Start, tmp_path: Path, expected: list[str]) -> None:
    """Replace the signing key while a client is logged in."""
    server = start("dataframe", reload_interval_seconds=0.1)
    with Client(server.url, "census", "census") as client:
        old = server.token()
        assert list(client.predict(ROWS[:1])) == expected[:1]
        (tmp_path / "secret.txt").write_text("another key, which is as long as the one before it was\n")
        wait_until(lambda: post_row(server, old).status_code == 403)
        assert list(client.predict(ROWS)) == expected


def test_netrc_is_ignored(proxy: Proxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Client(proxy.url, "census", "census") as client:
        assert client.model().columns == NAMES
        assert len(list(client.predict(ROWS[:1]))) == 1
    assert [(path, sent.partition(" ")[0]) for path, sent in proxy.received] == [
        ("/version", ""),
        ("/login", "Basic"),
        ("/schema", "Bearer"),
        ("/prediction", "Bearer"),
    ]


def test_proxy_of_the_environment_is_used(proxy: Proxy, monkeypatch: pytest.MonkeyPatch, expected: list[str]) -> None:
    monkeypatch.setenv("http_proxy", proxy.url)
    with Client("http://census.test", "census", "census") as client:
        assert list(client.predict(ROWS)) == expected


def test_redirect_is_reported_before_the_password_is_sent(proxy: Proxy) -> None:
    proxy.moved_to = "https://census.test:443"
    with (
        Client(proxy.url, "census", "census") as client,
        pytest.raises(ClientError, match="301: it has moved to https://census.test:443$"),
    ):
        list(client.predict(ROWS))
    assert {sent for _, sent in proxy.received} == {""}


def test_numpy_values_are_sent_as_json(backend: Server, expected: list[str]) -> None:
    with Client(backend.url, "census", "census") as client:
        rows = [[np.int64(int(str(row[0]))), np.str_(row[1]), np.float32(float(str(row[2]))), row[3]] for row in ROWS]
        assert list(client.predict(rows)) == expected
        assert list(client.predict(np.array(ROWS, dtype=object))) == expected


@pytest.mark.parametrize("value", [object(), float("inf"), np.timedelta64(1, "D"), b"x"])
def test_value_without_json_form_is_rejected(backend: Server, value: object) -> None:
    with (
        Client(backend.url, "census", "census") as client,
        pytest.raises(
            ClientError, match="row 0, column 0: expected a number, text, true or false, a date, or a missing"
        ),
    ):
        list(client.predict([[value, *ROWS[0][1:]]]))


def test_bad_row_is_named_by_its_index_in_the_input(backend: Server) -> None:
    with Client(backend.url, "census", "census") as client, pytest.raises(ClientError, match="row 25, column age"):
        list(client.predict([*ROWS[:25], ["old", *ROWS[0][1:]]], batch=10))


@pytest.mark.parametrize(
    ("url", "password", "message"),
    [("", "wrong", "401 your password or username is invalid"), ("/elsewhere", "census", "404")],
)
def test_permanent_error_is_reported_without_retry(backend: Server, url: str, password: str, message: str) -> None:
    with Client(backend.url + url, "census", password) as client, pytest.raises(ClientError, match=message):
        list(client.predict(ROWS))
