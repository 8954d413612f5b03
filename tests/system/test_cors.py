"""Cross-origin requests in a real browser, with and without the origin in cors_origins."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser

from conftest import write_published
from support.live_server import SECONDS, Launch, Server

CALL = """async ([url, body]) => {
  const basic = btoa("census:census");
  const login = await fetch(url + "/login", { headers: { Authorization: `Basic ${basic}` } });
  const { token } = await login.json();
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const answer = await fetch(url + "/prediction", { method: "POST", headers, body });
  return [answer.status, await answer.json(), answer.headers.get("X-Request-Id") !== null];
}"""


class SiteHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Yield the origins of two sites with an empty page. Each port is an origin."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text("<!doctype html><link rel=icon href=data:,><title>Front end</title>")
    sites = [ThreadingHTTPServer(("127.0.0.1", 0), partial(SiteHandler, directory=str(folder))) for _ in range(2)]
    for site in sites:
        threading.Thread(target=site.serve_forever).start()
    yield [f"http://127.0.0.1:{site.server_port}" for site in sites]
    for site in sites:
        site.shutdown()
        site.server_close()


@pytest.fixture(scope="module")
def server_with_cors(launch: Launch, origins: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server that allows the origin of the first site."""
    running = launch(
        write_published(
            tmp_path_factory.mktemp("cors"), "logistic", cors_origins=[*origins[:1], "https://a.example:443"]
        )
    )
    yield running
    running.end()


def call(browser: Browser, origin: str, url: str, body: str) -> Any:
    page = browser.new_page()
    page.goto(origin)
    try:
        return page.evaluate(CALL, [url, body])
    finally:
        page.close()


def test_page_of_a_listed_origin_reads_predictions_and_errors(
    browser: Browser, server_with_cors: Server, origins: list[str]
) -> None:
    status, document, has_id = call(browser, origins[0], server_with_cors.url, '{"inputs": [[1, 2]]}')
    refused, error, _ = call(browser, origins[0], server_with_cors.url, "{")

    assert (status, len(document["predictions"]), has_id) == (200, 1, True)
    assert (refused, "not JSON" in error["error message"]) == (400, True)


def test_page_of_another_origin_is_blocked(browser: Browser, server_with_cors: Server, origins: list[str]) -> None:
    with pytest.raises(Exception, match="Failed to fetch"):
        call(browser, origins[1], server_with_cors.url, '{"inputs": [[1, 2]]}')


@pytest.mark.parametrize("path", ["/login", "/prediction", "/v2/models/model/infer", "/invocations"])
def test_preflight_requires_no_token(server_with_cors: Server, origins: list[str], path: str) -> None:
    preflight = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }

    url = server_with_cors.url + path
    response = requests.options(url, headers=preflight | {"Origin": origins[0]}, timeout=SECONDS)
    other = requests.options(url, headers=preflight | {"Origin": origins[1]}, timeout=SECONDS)

    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == origins[0]
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert not [name for name in other.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("/nowhere", b"", 404), ("/prediction", b"{}", 403), ("/prediction", b"x" * 3 * 1024**2, 413)],
)
def test_errors_are_readable_from_a_listed_origin(
    server_with_cors: Server, origins: list[str], path: str, body: bytes, status: int
) -> None:
    response = requests.post(server_with_cors.url + path, body, headers={"Origin": origins[0]}, timeout=SECONDS)

    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == origins[0]
    assert "Origin" in response.headers["Vary"]


def test_default_port_is_ignored_in_an_origin(server_with_cors: Server) -> None:
    response = requests.get(f"{server_with_cors.url}/version", headers={"Origin": "https://a.example"}, timeout=SECONDS)

    assert response.headers["Access-Control-Allow-Origin"] == "https://a.example"


def test_cors_is_off_by_default(server: Server, origins: list[str]) -> None:
    response = requests.get(f"{server.url}/version", headers={"Origin": origins[0]}, timeout=SECONDS)

    assert not [name for name in response.headers if name.startswith("Access-Control") or name == "Vary"]
