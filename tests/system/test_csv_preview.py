"""Preview of a CSV file on the page: format, column names, decimal commas, and files that are not CSV."""

import csv
import io

import pytest
from playwright.sync_api import Page, expect

from support.live_server import Server
from support.page import log_in, page, paste, problems, screenshot, wait_for_answer

__all__ = ["page"]

NAMES = ["age", "workclass", "education-num", "sex"]


def choose(page: Page, data: bytes, name: str = "rows.csv") -> None:
    page.set_input_files("input[name=file]", {"name": name, "mimeType": "", "buffer": data})


def test_file_is_shown_before_it_is_sent(page: Page, named: Server) -> None:
    sent: list[str] = []
    log_in(page, named.url)
    wait_for_answer(page)
    page.on("request", lambda request: sent.append(request.url))
    choose(page, "id;age;workclass;education-num;sex\n7;39;Müller;14;Male\n".encode("latin-1"))

    expect(page.locator("#about")).to_have_text(
        "rows.csv: 1 row, 5 columns · delimiter: semicolon · encoding: Windows-1252 (the file is not UTF-8)"
        " · not used: id"
    )
    assert page.locator("#rows tr").all_inner_texts() == ["2\t7\t39\tMüller\t14\tMale"]
    expect(page.locator("#names .unused")).to_have_text("id")
    expect(page.locator("#run")).to_have_text("Predict 1 row")
    expect(page.locator("#download")).to_be_hidden()
    assert sent == []
    screenshot(page, "preview")


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("Age;Workclass;sex;income", "age, workclass, education-num. Rename Age to age, Workclass to workclass"),
        ("a\tb", "the first line has a, b; the model also needs age, workclass, education-num, sex"),
        ("age,workclass,education-num,sex,age", "the first line names age twice"),
        (
            "Age;b",
            "the first line has Age, b; the model also needs age, workclass, education-num, sex. Rename Age to age",
        ),
    ],
)
def test_wrong_column_names_are_named(page: Page, named: Server, header: str, problem: str) -> None:
    log_in(page, named.url)
    choose(page, f"{header}\n".encode() + b"1;2;3\n")

    expect(problems(page)).to_contain_text(problem)
    page.click("#run")
    expect(problems(page)).to_contain_text(problem)
    expect(page.locator("#done")).to_be_empty()


@pytest.mark.parametrize(
    ("data", "name", "problem"),
    [
        (b"PAR1\x15\x04", "rows.parquet", 'pandas.read_parquet("rows.parquet").to_csv("rows.csv", index=False)'),
        (b"PK\x03\x04\x14", "rows.xlsx", "Save the sheet as CSV"),
    ],
)
def test_file_of_another_format_names_the_way(page: Page, named: Server, data: bytes, name: str, problem: str) -> None:
    log_in(page, named.url)
    choose(page, data, name)

    expect(problems(page)).to_contain_text(problem)
    expect(page.locator("#result")).to_be_hidden()


def test_file_without_header_has_the_columns_of_the_model(page: Page, named: Server) -> None:
    log_in(page, named.url)
    paste(page, "39,Private,14,Male\n")

    expect(page.locator("#done")).to_have_text("1 row is predicted.")
    expect(page.locator("#about")).to_contain_text("no column names")
    assert page.locator("#names th").all_inner_texts()[3:] == NAMES


@pytest.mark.parametrize(
    ("ages", "is_comma"),
    [(["39,5", "40"], True), (["39,5", "1,234"], True), (["1,234", "2,345"], False), (["39,5", "40.5"], False),
     (["1,234,567", "1,5"], False), (["39", "40"], False)],
)  # fmt: skip
def test_decimal_comma_is_used_if_unambiguous(page: Page, named: Server, ages: list[str], is_comma: bool) -> None:
    log_in(page, named.url)
    paste(page, ";".join(NAMES) + "\n" + "".join(f"{age};Private;14;Male\n" for age in ages))

    expect(page.locator("#done")).not_to_be_empty()
    assert ("decimal comma" in page.locator("#about").inner_text()) == is_comma
    commas = [age for age in ages if "," in age]
    expect(page.locator("#rejected li")).to_have_count(0 if is_comma else len(commas))


def test_numbers_of_the_download_have_the_decimal_comma(page: Page, named: Server) -> None:
    log_in(page, named.url)
    paste(page, ";".join(NAMES) + "\n39,5;Private;14;Male\n")
    with page.expect_download() as downloading:
        page.click("#download")

    (row,) = csv.DictReader(io.StringIO(downloading.value.path().read_text()), delimiter=";")
    (shares,) = named.predict([[39.5, "Private", 14, "Male"]], "?proba=true").json()["probabilities"]
    assert row["age"] == "39,5"
    assert row["probability Annual Salary >50K"] == str(shares[1]).replace(".", ",")


def test_example_fills_in_a_row_of_the_model(page: Page, named: Server) -> None:
    log_in(page, named.url)
    page.click("#sample")
    page.click("#run")

    expect(page.locator("#done")).to_contain_text("1 row is predicted.")


def test_empty_state_has_a_place_to_drop_a_file(page: Page, named: Server) -> None:
    log_in(page, named.url)

    expect(page.locator("#drop")).to_contain_text("Drop a CSV file here")
    expect(page.locator("#result")).to_be_hidden()
    screenshot(page, "empty")
