"""Rejected rows of a CSV file on the page, and the table of its rows: pages, filter, sort order and download."""

import csv
import io

from playwright.sync_api import Locator, Page, expect

from support.live_server import Server, Start
from support.page import RequestGate, log_in, page, paste, screenshot, wait_for_answer

__all__ = ["page"]

HEADER = "id,age,workclass,education-num,sex"


def text_of(count: int, bad: dict[int, str] | None = None) -> str:
    """Return a file of rows. `bad` has the text in place of the age, by number of the row."""
    ages = {number: str(20 + number % 60) for number in range(count)} | (bad or {})
    rows = (
        f"C{number},{age},Private,{1 + number % 16},{('Male', 'Female')[number % 2]}" for number, age in ages.items()
    )
    return "\n".join([HEADER, *rows]) + "\n"


def download(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as downloading:
        page.click("#download")
    return list(csv.DictReader(io.StringIO(downloading.value.path().read_text())))


def cells(page: Page, column: int) -> list[str]:
    """Return the texts of a column on the current page of the table."""
    return page.locator(f"#rows > tr > :nth-child({column})").all_inner_texts()


def header(page: Page, name: str) -> Locator:
    return page.locator("#names button", has_text=name)


def test_good_rows_are_predicted_beside_rejected_rows(page: Page, named: Server) -> None:
    log_in(page, named.url)
    paste(page, text_of(900, {600: "old", 850: ""}))

    expect(page.locator("#done")).to_have_text("898 rows are predicted.")
    expect(page.locator("#rejected p")).to_have_text("2 rows do not fit the model's columns")
    assert page.locator("#rejected li").all_inner_texts() == [
        'line 602, age: expected a number, got "old"',
        "line 852, age: expected a number, got an empty cell",
    ]
    rows = download(page)
    assert [row["id"] for row in rows if row["error"]] == ["C600", "C850"]
    assert rows[600]["error"] == 'age: expected a number, got "old"'
    assert rows[600]["prediction"] == rows[600]["probability Annual Salary <50K"] == ""
    good = [[20 + number % 60, "Private", 1 + number % 16, ("Male", "Female")[number % 2]] for number in range(3)]
    expected = named.predict(good, "?proba=true").json()
    assert [row["prediction"] for row in rows[:3]] == expected["predictions"]
    assert [float(row["probability Annual Salary >50K"]) for row in rows[:3]] == [
        shares[1] for shares in expected["probabilities"]
    ]
    screenshot(page, "rejected-rows")


def test_row_of_wrong_width_is_rejected_without_a_request(page: Page, named: Server) -> None:
    log_in(page, named.url)
    paste(page, "age,workclass,education-num,sex\n39,Private,14\n39,Private,14,Male\n")

    expect(page.locator("#rejected li")).to_have_text("line 2: expected 4 values, got 3")
    expect(page.locator("#done")).to_have_text("1 row is predicted.")


def test_rejected_row_is_shown_by_a_click(page: Page, named: Server) -> None:
    log_in(page, named.url)
    paste(page, text_of(100, {70: "old"}))
    page.fill("#search", "C1")
    page.click("#rejected button")

    expect(page.locator("#rows tr:focus th")).to_have_text("72")
    expect(page.locator("#rows tr:focus .bad:not(.reason)")).to_have_text("oldexpected a number")
    expect(page.locator("#rows tr:focus .bad:not(.reason)")).to_be_in_viewport()
    expect(page.locator("#position")).to_have_text("61–80 of 100 rows")
    expect(page.locator("#search")).to_have_value("")


def test_many_rejected_rows_are_listed_in_the_table(page: Page, named: Server) -> None:
    log_in(page, named.url)
    paste(page, text_of(60, {number: "old" for number in range(30, 60)}))

    expect(page.locator("#rejected li")).to_have_count(6)
    page.click("text=Show all 30")
    expect(page.locator("#position")).to_have_text("1–20 of 30 rows")
    assert cells(page, 1)[0] == "32"


def test_too_many_rejected_rows_end_the_run(page: Page, named: Server) -> None:
    log_in(page, named.url)
    paste(page, text_of(1600, {number: "old" for number in range(1600)}))

    expect(page.locator("#table [role=alert]")).to_have_text("more than 1,000 rows do not fit the model's columns")


def test_rows_are_filtered_by_prediction_and_text(page: Page, named: Server) -> None:
    log_in(page, named.url)
    paste(page, text_of(300))
    expect(page.locator("#done")).not_to_be_empty()
    rows = download(page)
    rich = [row["id"] for row in rows if row["prediction"] == "Annual Salary >50K"]

    page.select_option("#shown", label=f"Annual Salary >50K ({len(rich)})")
    assert cells(page, 4) == rich[:20]
    page.fill("#search", "c12")
    expect(page.locator("#rows tr")).to_have_count(len([name for name in rich if name.startswith("C12")]))
    page.fill("#search", "nothing of this kind")
    expect(page.locator("#position")).to_have_text("no row matches")


def test_rows_are_sorted_by_a_column(page: Page, named: Server) -> None:
    log_in(page, named.url)
    paste(page, text_of(100))
    expect(page.locator("#done")).not_to_be_empty()

    header(page, "Probability").click()
    shares = [float(cell.split()[0].rstrip("%")) for cell in cells(page, 3)]
    assert shares == sorted(shares)
    header(page, "age").click()
    header(page, "age").click()
    assert cells(page, 5)[:3] == ["79", "78", "77"]
    expect(header(page, "age")).to_be_focused()
    expect(page.locator("#names th[aria-sort=descending]")).to_have_text("age")


def test_table_has_pages(page: Page, named: Server) -> None:
    log_in(page, named.url)
    page.fill("textarea", text_of(50))

    expect(page.locator("#position")).to_have_text("1–20 of 50 rows")
    page.click("#next")
    page.click("#next")
    expect(page.locator("#position")).to_have_text("41–50 of 50 rows")
    expect(page.locator("#next")).to_be_disabled()
    assert cells(page, 1)[0] == "42"


def test_cancelled_run_keeps_predictions_and_continues(page: Page, named: Server) -> None:
    log_in(page, named.url)
    wait_for_answer(page)  # the requests for the row in the form must not reach the gate
    gate = RequestGate(page)
    paste(page, text_of(1200))
    gate.open_once()
    expect(page.locator("#progress span")).to_contain_text("500 of 1,200")
    page.click("#cancel")

    expect(page.locator("#done")).to_have_text("Stopped: 700 rows have no prediction. 500 rows are predicted.")
    expect(page.locator("#progress")).to_be_hidden()
    rows = download(page)
    assert [bool(row["prediction"]) for row in rows] == [True] * 500 + [False] * 700
    page.unroute_all()
    expect(page.locator("#run")).to_have_text("Continue with 700 rows")
    page.click("#run")
    expect(page.locator("#done")).to_have_text("1,200 rows are predicted.")
    expect(page.locator("#run")).to_have_text("Predict again")


def test_run_continues_after_an_expired_session(page: Page, named: Server) -> None:
    log_in(page, named.url)
    wait_for_answer(page)  # otherwise the session expires before the rows are there
    page.route("**/prediction*", lambda route: route.fulfill(status=403, json={"error message": "expired"}))
    paste(page, text_of(30))
    expect(page.locator("#login [role=alert]")).to_contain_text("expired")
    page.unroute_all()
    page.fill("input[name=password]", "census")
    page.keyboard.press("Enter")

    expect(page.locator("#run")).to_have_text("Predict 30 rows")
    page.click("#run")
    expect(page.locator("#done")).to_have_text("30 rows are predicted.")


def test_predictions_of_a_regression_model_are_summarized(page: Page, start: Start) -> None:
    server = start("regressor")
    rows = [[39, 14], [50, 10], [20, 3]]
    values = server.predict(rows).json()["predictions"]
    log_in(page, server.url)
    paste(page, "0,1\n" + "".join(f"{age},{years}\n" for age, years in rows))

    lowest, mean, highest = (f"{value:.6g}" for value in (min(values), sum(values) / 3, max(values)))
    text = f"3 rows are predicted. Lowest {lowest}, mean {mean}, highest {highest}."
    expect(page.locator("#done")).to_have_text(text)
