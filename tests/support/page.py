"""Helpers and fixtures of the tests of the page."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from conftest import write_trained
from support.live_server import Launch, Server

ROOT = Path(__file__).parents[2]


SCREENSHOTS = ROOT / "build" / "screenshots"


@pytest.fixture(scope="module")
def census(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server with the demo model, whose schema has training distributions."""
    running = launch(write_trained(tmp_path_factory, "demo"))
    yield running
    running.end()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Yield a page. Fail the test if the browser logs a message, such as a CSP violation."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    opened = context.new_page()
    messages: list[str] = []
    opened.on("console", lambda message: messages.append(message.text))
    opened.on("pageerror", lambda error: messages.append(str(error)))
    yield opened
    context.close()
    assert [line for line in messages if not line.startswith("Failed to load resource")] == []  # the page reports these


def log_in(page: Page, url: str, password: str = "census") -> None:
    """Open the page, log in, and wait for the form or an error."""
    page.goto(url)
    expect(page.locator("input[name=user]")).to_be_focused()
    page.keyboard.type("census")
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_selector("#welcome[hidden], #login [role=alert]:not(:empty)", state="attached")


def tab_to(page: Page, selector: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector}")


class RequestGate:
    """A gate that holds requests for predictions and releases them one by one."""

    def __init__(self, page: Page) -> None:
        self._page, self._held = page, list[Route]()
        page.route("**/prediction*", lambda route: self._held.append(route))

    def open_once(self) -> list[Any]:
        """Release the oldest request, as soon as there is one, and return its rows."""
        end = time.monotonic() + 10
        while not self._held:
            assert time.monotonic() < end, "no request came"
            self._page.evaluate("0")  # also dispatches the events of the browser
        route = self._held.pop(0)
        rows: list[Any] = json.loads(route.request.post_data or "")["inputs"]
        route.continue_()
        return rows


def field(page: Page, name: str) -> Locator:
    """Return the field of a column."""
    return page.locator("#columns").get_by_label(name, exact=True)


def enter(page: Page, name: str, value: str) -> None:
    """Fill in a number or a text, and move to the next field."""
    field(page, name).fill(value)
    page.keyboard.press("Tab")


def wait_for_answer(page: Page) -> None:
    """Wait until the page shows the prediction of the row in the form, its effects and its curve."""
    expect(page.locator("#one:not(.stale) #prediction:not(:empty)")).to_have_count(1)
    expect(page.locator("#one [aria-busy]")).to_have_count(0)


def paste(page: Page, text: str) -> None:
    """Paste rows and submit them."""
    page.fill("textarea", text)
    page.click("#run")


def problems(page: Page) -> Locator:
    return page.locator("[role=alert]:not(:empty)")


def screenshot(page: Page, name: str, whole: bool = True) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}.png", full_page=whole)


def percent(share: float) -> str:
    return f"{100 * share:.1f}\u00a0%"
