"""The page for models of each kind: fields by type, effects, curve and scale, and 200 columns. Writes screenshots."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from support.live_server import Launch, Server
from support.page import RequestGate, census, enter, field, log_in, page, percent, problems, screenshot, wait_for_answer
from support.page_models import write_page_model

__all__ = ["census", "page"]

Serve = Callable[[str], Server]
DESKTOP: ViewportSize = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def serve(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Yield a function that returns the server of a model by kind. Each server starts once."""
    servers: list[Server] = []

    @cache
    def start(kind: str) -> Server:
        path: Path = tmp_path_factory.mktemp(kind)
        servers.append(launch(write_page_model(path, kind)))
        return servers[-1]

    yield start
    for server in servers:
        server.end()


def open_page(page: Page, url: str) -> None:
    """Log in and wait for the prediction of the typical row."""
    page.set_viewport_size(DESKTOP)
    log_in(page, url)
    wait_for_answer(page)


def sent_row(page: Page) -> list[Any]:
    """Return the row of the form as the page sends it."""
    row: list[Any] = page.evaluate("import('/js/fields.js').then(({readRow}) => readRow())")
    return row


def test_title_and_description_are_those_of_the_model(page: Page, serve: Serve) -> None:
    page.goto(serve("kinds").url)
    expect(page.locator("h1")).to_have_text("Churn")
    open_page(page, serve("kinds").url)

    expect(page).to_have_title("Churn")
    expect(page.locator("#description")).to_have_text("Does a customer leave within a year?")


def test_boolean_is_a_switch(page: Page, serve: Serve) -> None:
    open_page(page, serve("kinds").url)
    switch = page.get_by_role("switch", name="autopay")
    before = switch.is_checked()
    switch.focus()
    page.keyboard.press("Space")
    wait_for_answer(page)

    assert sent_row(page)[0] is (not before)
    expect(page.locator("#moved")).to_contain_text(f"autopay {'yes → no' if before else 'no → yes'}")


@pytest.mark.parametrize(("time", "sent"), [("", "2023-05-01T00:00:00"), ("07:05", "2023-05-01T07:05:00")])
def test_date_is_sent_with_or_without_a_time(page: Page, serve: Serve, time: str, sent: str) -> None:
    open_page(page, serve("kinds").url)
    field(page, "signup").fill("2023-05-01")
    field(page, "signup, time (optional)").fill(time)
    wait_for_answer(page)

    assert sent_row(page)[1] == sent
    expect(problems(page)).to_have_count(0)


def test_slider_and_number_follow_each_other(page: Page, serve: Serve) -> None:
    open_page(page, serve("kinds").url)
    slider = page.locator(".field", has_text="months").locator("[type=range]")
    slider.fill("12")
    expect(field(page, "months")).to_have_value("12")
    wait_for_answer(page)
    expect(page.locator("#moved")).to_contain_text("→ 12")

    enter(page, "months", "60")
    expect(slider).to_have_value("60")


def test_effects_are_the_reasons_of_the_server(page: Page, serve: Serve) -> None:
    server = serve("regression")
    open_page(page, server.url)
    enter(page, "bmi", "40")
    enter(page, "bp", "110")
    wait_for_answer(page)
    reasons = server.predict([sent_row(page)], "?reasons=10").json()["reasons"][0]

    assert page.locator("#moves b").all_inner_texts() == [reason["column"] for reason in reasons]
    shown = [text.replace("−", "-") for text in page.locator("#moves .effect").all_inner_texts()]
    assert [float(text) for text in shown] == [pytest.approx(reason["effect"], rel=0.01) for reason in reasons]
    widths = [
        float(style[:-1]) for style in page.locator("#moves i").evaluate_all("all => all.map(i => i.style.width)")
    ]
    assert widths == pytest.approx([50 * abs(reason["effect"] / reasons[0]["effect"]) for reason in reasons], rel=0.01)


def test_effects_and_curve_need_a_request_each(page: Page, serve: Serve) -> None:
    open_page(page, serve("wide").url)
    gate = RequestGate(page)
    enter(page, "sensor 003", "31")

    assert [len(gate.open_once()) for _ in range(3)] == [1, 1, 50]
    wait_for_answer(page)
    page.unroute("**/prediction*")
    expect(page.locator("#moves b")).to_have_text(["sensor 003"])


def test_curve_shows_the_answer_over_a_number(page: Page, serve: Serve) -> None:
    server = serve("regression")
    open_page(page, server.url)
    page.select_option("#over", label="bmi")
    wait_for_answer(page)
    row = sent_row(page)
    (low,) = server.predict([[*row[:2], 18, *row[3:]]]).json()["predictions"]

    expect(page.locator("#plot svg")).to_have_attribute("aria-label", re.compile(rf"^The answer: {low:.4g} at 18, "))
    assert page.locator("#plot .line").get_attribute("d").count(",") == 50  # type: ignore[union-attr]
    box = page.locator("#plot svg").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] - 16, box["y"] + 50)
    expect(field(page, "bmi")).to_have_value("42.2")


def test_curve_over_categories_has_a_bar_for_each(page: Page, serve: Serve) -> None:
    open_page(page, serve("multi_class").url)
    page.select_option("#over", label="soil")

    expect(page.locator("#levels dt")).to_have_count(4)
    expect(page.locator("#levels .chosen dt")).to_have_text(str(sent_row(page)[3]))
    expect(page.locator("#plot")).to_be_hidden()


def test_number_is_shown_within_the_range_of_answers(page: Page, serve: Serve) -> None:
    open_page(page, serve("regression").url)
    enter(page, "bmi", "40")
    wait_for_answer(page)

    low, text, high = page.locator("#scale p span").all_inner_texts()
    assert text == "range of the answers so far"
    assert float(low) < float(page.inner_text("#prediction")) <= float(high)
    enter(page, "bp", "110")
    wait_for_answer(page)
    screenshot(page, "regression")


def test_model_without_reasons_says_why(page: Page, serve: Serve) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "reasons=" in request.url else None)
    open_page(page, serve("documents").url)
    field(page, "text").fill("rude answer but friendly staff")
    wait_for_answer(page)

    assert len(asked) == 1
    expect(page.locator("#whatif")).to_have_text(
        "The effects could not be computed: this model has no reasons: it is not compiled."
    )
    screenshot(page, "text")


def test_ten_classes_show_the_most_probable(page: Page, serve: Serve) -> None:
    open_page(page, serve("multi_class").url)
    enter(page, "altitude", "2500")
    wait_for_answer(page)

    expect(page.locator("#probabilities dt")).to_have_count(6)
    screenshot(page, "multi-class")


def test_search_finds_one_of_200_columns(page: Page, serve: Serve) -> None:
    open_page(page, serve("wide").url)
    shown = page.locator("#columns .field:visible")
    expect(shown).to_have_count(24)
    screenshot(page, "200-columns")

    page.get_by_role("searchbox", name="Find a column").fill("15")
    expect(shown).to_have_count(12)
    expect(page.locator("#nothing")).to_have_text("12 of 200 columns")
    enter(page, "sensor 150", "25")
    wait_for_answer(page)
    expect(page.locator("#moves b")).to_have_text(["sensor 150"])

    page.get_by_role("searchbox", name="Find a column").fill("")
    page.click("text=Show all 200 columns")
    expect(shown).to_have_count(200)


def test_history_compares_two_predictions(page: Page, census: Server) -> None:
    open_page(page, census.url)
    for age in ("50", "60"):  # the second change replaces the first one
        enter(page, "age", age)
        wait_for_answer(page)
    field(page, "education").select_option(label="Masters")
    wait_for_answer(page)
    expect(page.locator("#history small")).to_have_text(["education HS-grad → Masters", "age 36 → 60", "first row"])
    screenshot(page, "census")

    page.locator("#history input").first.check()
    page.locator("#history input").last.check()
    lines = page.locator("#compared tr")
    expect(lines.nth(1)).to_have_text("age3660")
    expect(lines.nth(2)).to_have_text("educationHS-gradMasters")
    page.locator("#history").get_by_role("button").last.click()
    expect(field(page, "age")).to_have_value("36")
    shares = census.predict([sent_row(page)], "?proba=true").json()["probabilities"][0]
    expect(page.locator("#prediction")).to_contain_text(percent(max(shares)))
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
