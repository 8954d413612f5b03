"""Connection: login, retries and one-line errors."""

import time
from collections.abc import Callable, Iterator

import pytest

from ml_census.client.connection import ClientError, Connection, RejectedError, json_content
from support.scripted_server import Response, ScriptedServer

Connect = Callable[..., Connection]


@pytest.fixture
def connect(script: ScriptedServer) -> Iterator[Connect]:
    """Return a function that connects to the server."""
    connections: list[Connection] = []

    def connect(retry_timeout: float = 0, clock: Callable[[], float] = time.monotonic) -> Connection:
        connections.append(Connection(script.url, "ada", "password", retry_timeout, clock))
        return connections[-1]

    yield connect
    for connection in connections:
        connection.close()


def test_url_without_http_is_rejected() -> None:
    with pytest.raises(ClientError, match="the URL must start with http:// or https://"):
        Connection("ftp://census", "ada", "password", 0, time.monotonic)


def test_expired_token_is_replaced_after_one_login(script: ScriptedServer, connect: Connect) -> None:
    script.plan["/schema"] = [Response(401, {"error message": "expired"})]

    assert json_content(connect().request("GET", "/schema"))["classes"] == ["x", "y"]
    assert script.paths() == ["/schema", "/login", "/schema"]


def test_connection_without_a_user_sends_no_token(script: ScriptedServer) -> None:
    connection = Connection(script.url, None, None, 0, time.monotonic)

    connection.renew()

    assert json_content(connection.request("GET", "/schema"))["classes"] == ["x", "y"]
    assert script.paths() == ["/schema"]
    connection.close()


def test_rejected_connection_without_a_user_is_explained(script: ScriptedServer) -> None:
    script.plan["/schema"] = [Response(403, {"error message": "Token is missing!"})]
    connection = Connection(script.url, None, None, 0, time.monotonic)

    with pytest.raises(ClientError, match="the server requires a login: give the name of a user"):
        connection.request("GET", "/schema")
    connection.close()


def test_rejection_after_a_login_is_raised(script: ScriptedServer, connect: Connect) -> None:
    script.plan["/schema"] = [Response(403, {"error message": "forbidden"})] * 2

    with pytest.raises(RejectedError, match="^403 forbidden$"):
        connect().request("GET", "/schema")


def test_wrong_password_is_raised_without_another_login(script: ScriptedServer, connect: Connect) -> None:
    script.plan["/login"] = [Response(401, {"error message": "wrong password"})]

    with pytest.raises(RejectedError, match="^401 wrong password$"):
        connect().renew()
    assert script.paths() == ["/version", "/login"]


def test_busy_server_raises_the_time_to_wait(script: ScriptedServer, connect: Connect) -> None:
    script.plan["/version"] = [Response(503, {"error message": "busy"}, {"Retry-After": "7"})]

    with pytest.raises(RejectedError) as raised:
        connect().request("GET", "/version")
    assert (raised.value.status, raised.value.retry_after) == (503, 7)


def test_busy_server_is_asked_again(script: ScriptedServer, connect: Connect) -> None:
    script.plan["/version"] = [Response(503, {"error message": "busy"})]

    assert connect(retry_timeout=60).request("GET", "/version").status_code == 200
    assert script.paths() == ["/version", "/version"]


def test_wait_beyond_the_limit_ends_the_retries(script: ScriptedServer, connect: Connect) -> None:
    script.plan["/version"] = [Response(503, {"error message": "busy"}, {"Retry-After": "61"})]

    with pytest.raises(RejectedError, match="^503 busy$"):
        connect(retry_timeout=60).request("GET", "/version")
    assert script.paths() == ["/version"]


def test_redirect_is_raised_with_its_target(script: ScriptedServer, connect: Connect) -> None:
    script.plan["/version"] = [Response(301, None, {"Location": "https://census.test/version"})]

    with pytest.raises(RejectedError, match="^301: it has moved to https://census.test$"):
        connect().request("GET", "/version")


def test_login_without_token_is_another_server(script: ScriptedServer, connect: Connect) -> None:
    script.plan["/login"] = [Response(200, {"welcome": "home"})]

    with pytest.raises(ClientError, match="the server at this URL is not ml-census"):
        connect().renew()


def test_refused_connection_has_no_retry() -> None:
    connection = Connection("http://127.0.0.1:1", "ada", "password", 60, time.monotonic)

    with pytest.raises(ClientError, match="connection refused: no server listens on this port") as raised:
        connection.request("GET", "/version")
    assert raised.value.retry_after is None
