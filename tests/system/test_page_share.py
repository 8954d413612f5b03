"""The link to a row, its programs, and the page of a server without login."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from conftest import write_published
from support.live_server import Server, launch_options
from support.page import census, enter, field, log_in, page, screenshot, wait_for_answer

__all__ = ["census", "page"]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server without login, as `ml-census serve --model` starts it."""
    path = tmp_path_factory.mktemp("local")
    write_published(path, "dataframe")
    running = launch_options(("--model", str(path / "model.pkl"), "--port", "0"))
    yield running
    running.end()


def choose(page: Page, format_name: str) -> str:
    """Return the text for a format of the dialog."""
    page.click("#share")
    page.get_by_label(format_name, exact=True).check(force=True)
    return page.locator("#code").inner_text()


def test_link_restores_the_row(page: Page, census: Server) -> None:
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    log_in(page, census.url)
    enter(page, "age", "52")
    link = choose(page, "Link")
    page.goto("about:blank")
    log_in(page, link)

    expect(field(page, "age")).to_have_value("52")
    expect(page.locator("#prediction")).not_to_be_empty()
    assert not any("row" in url.partition("#")[0] for url in requested)


def test_link_in_an_open_page_is_followed(page: Page, census: Server) -> None:
    log_in(page, census.url)
    link = choose(page, "Link").replace("%5B36", "%5B61")
    page.keyboard.press("Escape")
    page.goto(link)

    expect(field(page, "age")).to_have_value("61")
    expect(page.locator("#moved")).to_contain_text("age 36 → 61")


def test_link_of_another_model_is_ignored(page: Page, census: Server) -> None:
    log_in(page, f"{census.url}/#row=[1,2]")

    expect(field(page, "age")).to_have_value("36")


def test_copied_curl_prints_the_prediction(page: Page, census: Server) -> None:
    log_in(page, census.url)
    enter(page, "age", "52")
    wait_for_answer(page)
    program = choose(page, "curl").replace("-u 'census'", "-u census:census")
    screenshot(page, "share")

    printed = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True).stdout
    page.keyboard.press("Escape")
    assert json.loads(printed)["predictions"] == [page.inner_text("#prediction strong")]


def test_server_without_login_shows_the_form_at_once(page: Page, local: Server) -> None:
    failed: list[str] = []
    page.on("response", lambda response: failed.append(response.url) if not response.ok else None)
    page.goto(local.url)

    expect(field(page, "age")).to_be_focused()
    wait_for_answer(page)
    expect(page.locator("#login")).to_be_hidden()
    expect(page.locator("#user")).to_be_hidden()
    assert failed == []


@pytest.mark.parametrize(("language", "command"), [("curl", ["bash", "-c"]), ("Python", [sys.executable, "-c"])])
def test_program_without_login_has_no_token(page: Page, local: Server, language: str, command: list[str]) -> None:
    page.goto(local.url)
    wait_for_answer(page)
    program = choose(page, language)

    assert "token" not in program.lower()
    printed = subprocess.run([*command, program], capture_output=True, text=True, check=True).stdout
    assert page.inner_text("#prediction strong") in printed
