"""Login and logout on the page, in a real browser."""

import time
from pathlib import Path
from typing import Any, cast

import requests
import yaml
from playwright.sync_api import Page, expect

from conftest import write_published
from support.live_server import SECONDS, Server, Start
from support.page import census, enter, field, log_in, page, problems, screenshot, wait_for_answer

__all__ = ["census", "page"]


def rewrite(server: Server, **files: bytes) -> None:
    """Overwrite files that config.yaml names, and wait until the server has reloaded each."""
    config = yaml.safe_load(Path(cast(list[str], server.process.args)[5]).read_text())
    for key, content in files.items():
        before = version(server)
        Path(config[key]).write_bytes(content)
        while version(server) == before:
            time.sleep(0.1)


def version(server: Server) -> dict[str, Any]:
    return dict(requests.get(f"{server.url}/version", timeout=SECONDS).json())


def test_wrong_password_is_reported(page: Page, census: Server) -> None:
    log_in(page, census.url, "wrong")

    expect(page.get_by_role("alert")).to_have_text("your password or username is invalid")
    expect(page.locator("#login")).to_be_visible()
    screenshot(page, "wrong-password")


def test_rejected_token_asks_for_a_login(page: Page, start: Start) -> None:
    server = start("article", reload_interval_seconds=0.1)
    log_in(page, server.url)
    enter(page, "column 0", "39")
    enter(page, "column 2", "14")
    wait_for_answer(page)
    rewrite(server, secret=b"another key of more than the 32 bytes that are needed")

    enter(page, "column 0", "40")
    expect(problems(page)).to_have_text("Your session has expired. Log in again.")
    expect(page.locator("#login input[name=password]")).to_be_focused()

    page.keyboard.type("census")
    page.keyboard.press("Enter")
    expect(field(page, "column 0")).to_be_focused()
    expect(field(page, "column 2")).to_have_value("14")
    wait_for_answer(page)
    expect(page.locator("#prediction")).to_contain_text("Annual Salary")


def test_form_is_rebuilt_for_another_model_after_login(page: Page, start: Start, tmp_path: Path) -> None:
    server = start("logistic", reload_interval_seconds=0.1)
    log_in(page, server.url)
    expect(page.locator("#columns label")).to_have_count(2)
    enter(page, "column 0", "39")
    enter(page, "column 1", "14")
    before = version(server)["model"]
    write_published(tmp_path, "dataframe")
    while version(server)["model"] == before:
        time.sleep(0.1)
    rewrite(server, secret=b"another key of more than the 32 bytes that are needed")
    enter(page, "column 0", "40")
    expect(page.locator("#login")).to_be_visible()

    page.fill("input[name=password]", "census")
    page.keyboard.press("Enter")

    expect(page.locator("#columns label")).to_have_count(4)
    expect(field(page, "age")).to_be_focused()


def test_logout_resets_the_page(page: Page, census: Server) -> None:
    log_in(page, census.url)
    expect(page.locator("#user")).to_contain_text("census")
    enter(page, "age", "52")
    page.fill("textarea", "rows")

    page.click("text=Log out")

    expect(page.locator("#login input[name=user]")).to_be_focused()
    expect(page.locator("#one")).to_be_hidden()
    log_in(page, census.url)
    expect(field(page, "age")).to_have_value("36")
    expect(page.locator("textarea")).to_have_value("")
