"""The report in a real browser: the threshold, the layout on a phone, and the page without JavaScript."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ml_census.training.report import render_report
from support import evaluations
from support.evaluations import CONTEXT, Case
from support.live_server import Server
from support.page import census, page, screenshot

__all__ = ["census", "page"]

CASES = [
    evaluations.binary_case,
    evaluations.case_without_probabilities,
    evaluations.multiclass_case,
    evaluations.case_of_many_classes,
    evaluations.regression_case,
    evaluations.text_case,
]
SMALLEST_TEXT = """() => {
  const sizes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() && parent.getClientRects().length) {
      sizes.push(parseFloat(getComputedStyle(parent).fontSize));
    }
  }
  return Math.min(...sizes);
}"""


def threshold_row(page: Page, threshold: int) -> list[str]:
    """Return the figures of the table for a threshold in percent."""
    rows = page.locator("#thresholds tr")
    return rows.nth(threshold // 5).locator("td").all_inner_texts()


def test_slider_shows_the_figures_of_the_table(page: Page, census: Server) -> None:
    page.goto(f"{census.url}/report")
    page.click("#thresholds summary")

    for threshold in range(5, 100, 5):
        page.locator("input[type=range]").fill(str(threshold))
        figures = page.locator("[data-figure]").all_inner_texts()
        assert [*figures[:4], *(text.split()[0] for text in figures[4:])] == threshold_row(page, threshold)
        expect(page.locator("output")).to_have_text(f"{threshold}\u00a0%")
        assert page.locator(".marker").evaluate("marker => marker.style.left") == f"{threshold}%"


def test_keyboard_moves_the_threshold(page: Page, census: Server) -> None:
    page.goto(f"{census.url}/report")
    page.locator("input[type=range]").focus()
    page.keyboard.press("ArrowRight")

    expect(page.locator("output")).to_have_text("51\u00a0%")


def test_report_without_scripts_has_the_table_open(browser: Browser, census: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(f"{census.url}/report")

    expect(opened.locator("input[type=range]")).to_be_hidden()
    expect(opened.locator(".figures.live")).to_be_hidden()
    expect(opened.locator("#thresholds table")).to_be_visible()
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("build", CASES, ids=lambda build: build.__name__)
def test_report_of_each_kind_fits_the_width(page: Page, tmp_path: Path, build: Callable[[], Case], width: int) -> None:
    """Texts are at least 11 px high. Neither the page nor a table scrolls sideways."""
    (tmp_path / "report.html").write_bytes(render_report(build().evaluation, CONTEXT))
    page.set_viewport_size({"width": width, "height": 844})

    page.goto((tmp_path / "report.html").as_uri())

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.eval_on_selector_all(".table", "all => all.every(e => e.scrollWidth <= e.clientWidth)")
    assert page.evaluate(SMALLEST_TEXT) >= 11
    screenshot(page, f"report-{build.__name__}-{width}")


def test_report_in_a_file_has_no_link_to_a_server(page: Page, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_bytes(render_report(evaluations.binary_case().evaluation, CONTEXT))
    page.goto((tmp_path / "report.html").as_uri())

    expect(page.locator("#back")).to_be_hidden()
