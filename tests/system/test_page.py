"""The page in a real browser."""

import csv
import io
from typing import Any

from playwright.sync_api import Browser, Page, expect

from ml_census.training.census import synthetic
from support.live_server import Server
from support.page import census, field, log_in, page, percent, screenshot, tab_to, wait_for_answer

__all__ = ["census", "page"]


def form_row(page: Page) -> list[Any]:
    """Return the row of the form as the page sends it."""
    values = page.eval_on_selector_all(
        "#columns input:not([type=range]), #columns select",
        "all => all.map(e => e.options ? e.selectedOptions[0].text : e.type === 'number' ? Number(e.value) : e.value)",
    )
    return list(values)


def test_page_is_usable_by_keyboard_alone(page: Page, census: Server) -> None:
    log_in(page, census.url)
    expect(field(page, "age")).to_be_focused()
    expect(page.locator("#login")).to_be_hidden()
    wait_for_answer(page)

    page.keyboard.type("52")
    tab_to(page, "select")
    page.keyboard.type("Fed")
    wait_for_answer(page)
    expect(page.locator("#moves li")).to_have_count(2)
    row = form_row(page)
    assert (row[0], row[1]) == (52, "Federal-gov")
    document = census.predict([row], "?proba=true").json()
    figures = [percent(share) for share in document["probabilities"][0]]
    assert document["predictions"] == ["Annual Salary >50K"]
    expect(page.locator("#prediction")).to_have_text(f"Annual Salary >50K {figures[1]}")
    assert page.locator("#probabilities dd:not(.bar)").all_inner_texts() == figures

    page.keyboard.press("Shift+Tab")
    page.keyboard.type("20")
    page.keyboard.press("Tab")
    expect(page.locator("#moved")).to_contain_text("age 52 → 20: Annual Salary >50K")
    younger = census.predict([[20, *row[1:]]], "?proba=true").json()["probabilities"][0]
    assert page.inner_text("#moved").endswith(f"{figures[1]} → {percent(younger[1])}")
    wait_for_answer(page)
    moves = zip(page.locator("#moves b").all_inner_texts(), page.locator("#moves small").all_inner_texts(), strict=True)
    assert dict(moves) == {"age": "20, typical 36", "workclass": "Federal-gov, typical Private"}
    screenshot(page, "one-row")

    rows, _ = synthetic.generate(700, seed=3)
    tab_to(page, "textarea")
    page.keyboard.insert_text(rows.to_csv(index=False))
    tab_to(page, "#run")
    with page.expect_download() as downloading:
        page.keyboard.press("Enter")
        expect(page.locator("#download")).to_be_focused()
        page.keyboard.press("Enter")
    expect(page.locator("#done")).to_have_text("700 rows are predicted.")
    screenshot(page, "many-rows")
    table = list(csv.DictReader(io.StringIO(downloading.value.path().read_text())))
    expected = census.predict(rows.to_numpy().tolist(), "?proba=true").json()
    assert [line["prediction"] for line in table] == expected["predictions"]
    shown = [[float(line[f"probability {name}"]) for name in dict.fromkeys(expected["predictions"])] for line in table]
    assert sorted(map(sorted, shown)) == sorted(map(sorted, expected["probabilities"]))
    assert [line["native-country"] for line in table] == rows["native-country"].tolist()


def test_browser_without_scripts_shows_no_form(browser: Browser, census: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(census.url)

    expect(opened.get_by_role("link", name="API").first).to_be_visible()
    expect(opened.locator("form:visible, section:visible")).to_have_count(0)
    assert "needs JavaScript" in opened.locator("noscript").inner_html()
    context.close()


def test_report_links_back_to_the_page(page: Page, census: Server) -> None:
    page.goto(f"{census.url}/report")
    screenshot(page, "report")
    page.click("text=Try the model")

    expect(page.locator("#login")).to_be_visible()
    screenshot(page, "login")


def test_docs_page_loads_nothing_from_other_hosts(page: Page, census: Server) -> None:
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(f"{census.url}/docs")
    screenshot(page, "interface")

    assert page.locator("summary >> text=/prediction").count() == 1
    assert [url for url in requested if not url.startswith(census.url)] == []
