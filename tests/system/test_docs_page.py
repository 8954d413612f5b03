"""The page /docs in a browser: programs for an example row, and the response to the row."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from conftest import write_published
from support.live_server import Launch, Server, launch_options
from support.page import census, page, screenshot

__all__ = ["census", "page"]


def open_docs(page: Page, url: str) -> None:
    """Open the page and log in."""
    page.goto(f"{url}/docs")
    page.fill("input[name=user]", "census")
    page.fill("input[name=password]", "census")
    page.click("#login button")
    page.wait_for_selector("#send:not([hidden]), #login [role=alert]:not(:empty)")


def choose(page: Page, language: str) -> str:
    """Choose a language and return its program."""
    page.get_by_label(language, exact=True).check()
    return page.locator("#code").inner_text()


def run(language: str, program: str) -> str:
    """Run a program as a user of this language does, and return its output."""
    commands = {"curl": ["bash", "-c"], "Python": [sys.executable, "-c"]}
    done = subprocess.run([*commands[language], program], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def unnamed(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server whose model has columns without names."""
    running = launch(write_published(tmp_path_factory.mktemp("unnamed"), "logistic"))
    yield running
    running.end()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server without login."""
    folder = write_published(tmp_path_factory.mktemp("local"), "dataframe").parent
    running = launch_options(("--model", str(folder), "--port", "0", "--no-open"))
    yield running
    running.end()


@pytest.mark.parametrize(("language", "password"), [("curl", "-u 'census'"), ("Python", "PASSWORD")])
def test_program_prints_the_prediction_of_the_example(page: Page, census: Server, language: str, password: str) -> None:
    open_docs(page, census.url)
    program = choose(page, language)
    (row,) = json.loads(page.locator("textarea").input_value())["inputs"]

    assert password in program
    printed = run(
        language, program.replace(password, password.replace("'census'", "census:census").replace("PASSWORD", "census"))
    )

    expected = census.predict([row]).json()["predictions"][0]
    assert row["sex"] == "Male"
    assert expected in printed


def test_javascript_predicts_in_the_browser(page: Page, unnamed: Server) -> None:
    open_docs(page, unnamed.url)
    program = choose(page, "JavaScript").replace("PASSWORD", "census").replace("console.log", "return ")

    answer = page.evaluate(f"async () => {{ {program} }}")
    assert answer["predictions"] == unnamed.predict([[1, 1]]).json()["predictions"]


def test_send_shows_status_time_and_response(page: Page, census: Server) -> None:
    open_docs(page, census.url)
    page.click("#send button")

    expect(page.locator("#status")).to_have_text(re.compile(r"^200 OK, \d+ ms$"))
    assert list(json.loads(page.locator("#response").inner_text())) == ["predictions"]
    screenshot(page, "docs")


def test_program_follows_the_edited_body(page: Page, unnamed: Server) -> None:
    open_docs(page, unnamed.url)
    page.fill("textarea", '{"inputs": [[39, "x"]]}')
    page.click("#send button")

    assert '[39, "x"]' in choose(page, "Python")
    expect(page.locator("#status")).to_contain_text("400 BAD REQUEST")
    assert "expected" in page.locator("#response").inner_text()


@pytest.mark.parametrize("language", ["curl", "Python"])
def test_local_server_needs_no_login(page: Page, local: Server, language: str) -> None:
    page.goto(f"{local.url}/docs")
    expect(page.locator("#send")).to_be_visible()
    page.click("#send button")

    expect(page.locator("#login")).to_be_hidden()
    expect(page.locator("#status")).to_contain_text("200 OK")
    program = choose(page, language)
    assert "login" not in program and "oken" not in program
    (prediction,) = json.loads(page.locator("#response").inner_text())["predictions"]
    assert prediction in run(language, program)


def test_token_replaces_the_password(page: Page, unnamed: Server) -> None:
    page.goto(f"{unnamed.url}/docs")
    page.fill("input[name=token]", unnamed.token())
    page.click("#login button")

    expect(page.locator("#send")).to_be_visible()
    expect(page.locator("#login")).to_be_hidden()


def test_copy_puts_the_program_into_the_clipboard(page: Page, unnamed: Server) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_docs(page, unnamed.url)
    page.click("#copy")

    expect(page.locator("#copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#code").inner_text()


def test_expired_token_shows_the_login_again(page: Page, unnamed: Server) -> None:
    open_docs(page, unnamed.url)
    expect(page.locator("#login")).to_be_hidden()
    page.route("**/prediction", lambda route: route.fulfill(status=403, json={"error message": "expired"}))
    page.click("#send button")

    expect(page.locator("#status")).to_contain_text("403")
    expect(page.locator("#login")).to_be_visible()


def test_rejected_login_is_reported(page: Page, unnamed: Server) -> None:
    page.goto(f"{unnamed.url}/docs")
    page.fill("input[name=user]", "nobody")
    page.click("#login button")

    expect(page.locator("#login [role=alert]")).not_to_be_empty()
    assert "ROW" in choose(page, "Python")


def test_page_without_scripts_has_an_example(page: Page, unnamed: Server) -> None:
    page.route("**/*.js", lambda route: route.abort())
    page.goto(f"{unnamed.url}/docs")

    expect(page.locator("#code")).to_contain_text("curl https://HOST/prediction")
    for hidden in ("#send", "#login", "#formats"):
        expect(page.locator(hidden)).to_be_hidden()
