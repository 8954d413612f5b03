"""Many rows of a CSV file on the page: problems, batches, progress and counts."""

import csv
import io
import re

import pytest
from playwright.sync_api import Page, expect

from support.live_server import Server, Start
from support.page import RequestGate, log_in, page, paste, problems, screenshot, tab_to, wait_for_answer
from support.sample_models import SAMPLE_MODELS

__all__ = ["page"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "there are no rows"),
        ("age,sex\n1,Male\n", "the first line has age, sex; the model also needs workclass, education-num"),
        ('age,workclass,education-num,sex\n39,"Private,14,Male\n', "line 2 has an unmatched quotation mark"),
    ],
)
def test_unreadable_rows_are_reported_by_line(page: Page, named: Server, text: str, problem: str) -> None:
    log_in(page, named.url)
    tab_to(page, "textarea")
    page.keyboard.insert_text(text)
    tab_to(page, "#run")
    page.keyboard.press("Enter")

    expect(problems(page)).to_contain_text(problem)
    expect(page.locator("#run")).to_be_focused()
    expect(page.locator("#download")).to_be_hidden()


def test_quoted_values_and_reordered_columns_are_read(page: Page, named: Server) -> None:
    log_in(page, named.url)
    tab_to(page, "textarea")
    page.keyboard.insert_text('sex,note,"age",education-num,workclass\r\nMale,"a ""b"", c",39,14,Private\r\n')
    tab_to(page, "#run")
    page.keyboard.press("Enter")
    with page.expect_download() as downloading:
        expect(page.locator("#download")).to_be_focused()
        page.keyboard.press("Enter")

    (line,) = csv.DictReader(io.StringIO(downloading.value.path().read_text()))
    assert line["note"] == 'a "b", c'
    assert [line["prediction"]] == [
        str(item) for item in named.predict([[39, "Private", 14, "Male"]]).json()["predictions"]
    ]


def test_file_can_be_dropped_anywhere(page: Page, named: Server) -> None:
    """Expect the file to replace pasted rows. The browser stays on the page."""
    log_in(page, named.url)
    page.fill("textarea", "what was here before")
    transfer = page.evaluate_handle(
        """text => { const t = new DataTransfer(); t.items.add(new File([text], "rows.csv")); return t; }""",
        "age,workclass,education-num,sex\n39,Private,14,Male\n",
    )
    page.evaluate("addEventListener('drop', event => { window.stays = event.defaultPrevented; })")
    page.dispatch_event("h1", "drop", {"dataTransfer": transfer})
    assert page.evaluate("stays")
    expect(page.locator("textarea")).to_have_value("")
    page.click("#run")

    expect(page.locator("#done")).to_have_text("1 row is predicted.")


def test_batches_shrink_to_the_limits_of_the_server(page: Page, start: Start) -> None:
    """Limit bytes, then rows. A problem names the line of the file."""
    server = start("logistic", max_body_bytes=1000, max_rows=30)
    log_in(page, server.url)

    paste(page, "0,1\n" + "39,14\n" * 450)
    expect(page.locator("#done")).to_contain_text("450 rows are predicted.")

    paste(page, "0,1\n" + "39,14\n" * 400 + "old,14\n" + "39,14\n" * 49)
    expect(page.locator("#rejected li")).to_have_text('line 402, column 0: expected a number, got "old"')
    expect(page.locator("#done")).to_have_text("449 rows are predicted.")


def test_progress_and_counts_are_shown(page: Page, named: Server) -> None:
    rows = SAMPLE_MODELS["dataframe"]().rows * 7
    classes = named.predict(rows).json()["predictions"]
    log_in(page, named.url)
    wait_for_answer(page)  # the requests for the row in the form must not reach the gate
    gate = RequestGate(page)
    paste(page, "age,workclass,education-num,sex\n" + "".join(f"{','.join(map(str, row))}\n" for row in rows))

    bars = []
    for text in (r"^0 of 1,400$", r"^500 of 1,400 · [\d,]+ rows/s · \d+ s left$", r"^1,000 of 1,400 · "):
        expect(page.locator("#progress span")).to_have_text(re.compile(text))
        bars.append(page.locator("progress").get_attribute("value"))
        screenshot(page, "progress")
        gate.open_once()
    assert bars == ["0", str(500 / 1400), str(1000 / 1400)]
    expect(page.locator("#progress")).to_be_hidden()
    counts = dict(
        zip(*(page.locator(f"#counts {item}").all_inner_texts() for item in ("dt", "dd:not(.bar)")), strict=True)
    )
    assert counts == {name: f"{classes.count(name):,}" for name in ("Annual Salary <50K", "Annual Salary >50K")}


def test_unknown_categories_are_counted(page: Page, named: Server) -> None:
    log_in(page, named.url)
    paste(page, "age,workclass,education-num,sex\n39,Private,14,Male\n39,Pirate,14,Male\n")

    expect(page.locator("#done")).to_have_text("2 rows are predicted. 1 value is unknown to the model.")
