"""CSV in the page: the cases shared with protocols/csv_text.py, and whole files in a real browser."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from support.live_server import Server

TESTS = Path(__file__).parents[1]
CASES = json.loads((TESTS / "support" / "csv_cases.json").read_text())
READ = """async ({texts, encodings}) => {
  const {records, detectDelimiter, decode} = await import("/js/csv.js");
  const bytes = (hex) => new Uint8Array((hex.match(/../g) || []).map((pair) => parseInt(pair, 16)));
  const read = ({text, names}) => {
    const delimiter = names ? detectDelimiter(text, names) : ",";
    try {
      return {delimiter, records: [...records(text, delimiter)].map(({line, cells}) => [line, cells])};
    } catch (error) {
      return {error: error.message};
    }
  };
  const decoded = await Promise.all(encodings.map((item) => decode(bytes(item.bytes))));
  return {texts: texts.map(read), encodings: decoded.map(({text}) => text)};
}"""
Results = dict[str, list[Any]]
"""Results of the shared cases, for texts and for encodings."""
HEADER, ROW = "age,workclass,education-num,sex", '39,"Müller, Söhne",14,Male'


@pytest.fixture(scope="module")
def page(browser: Browser, named: Server) -> Page:
    """Return a page with a logged-in user."""
    opened = browser.new_page()
    opened.goto(named.url)
    opened.fill("input[name=user]", "census")
    opened.fill("input[name=password]", "census")
    opened.keyboard.press("Enter")
    expect(opened.locator("#table")).to_be_visible()
    return opened


@pytest.fixture(scope="module")
def read(page: Page) -> Results:
    """Return what the page reads in each of the shared cases."""
    return dict(page.evaluate(READ, CASES))


@pytest.mark.parametrize("index", range(len(CASES["texts"])), ids=lambda index: CASES["texts"][index]["what"])
def test_text_is_parsed_as_in_the_shared_cases(read: Results, index: int) -> None:
    case, result = CASES["texts"][index], read["texts"][index]

    if "error" in case:
        assert result["error"].startswith(f"{case['error']} ")
    else:
        assert result == {"delimiter": case.get("delimiter", ","), "records": case["records"]}


@pytest.mark.parametrize("index", range(len(CASES["encodings"])), ids=lambda index: CASES["encodings"][index]["what"])
def test_encoding_is_detected_from_bytes(read: Results, index: int) -> None:
    assert read["encodings"][index] == CASES["encodings"][index]["text"]


@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_file_keeps_its_text_and_delimiter(
    page: Page, delimiter: str, encoding: str, packed: Callable[[bytes], bytes]
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(csv.reader([HEADER, ROW]))
    data = packed(text.getvalue().encode(encoding))
    page.set_input_files("input[name=file]", {"name": "rows.csv", "mimeType": "text/csv", "buffer": data})
    page.click("#run")
    expect(page.locator("#done")).to_have_text("1 row is predicted. 1 value is unknown to the model.")
    with page.expect_download() as downloading:
        page.click("#download")

    (line,) = csv.DictReader(io.StringIO(downloading.value.path().read_text()), delimiter=delimiter)
    assert line["workclass"] == "Müller, Söhne"
    assert line["prediction"]


def test_problem_names_the_line_of_the_file(page: Page) -> None:
    page.fill("textarea", f'{HEADER}\n\n1,"two\nlines",2,Male\nold,x,2,Male\n')
    page.click("#run")

    expect(page.locator("#rejected li")).to_have_text('line 5, age: expected a number, got "old"')


def test_truncated_gzip_is_reported(page: Page) -> None:
    data = gzip.compress(f"{HEADER}\n{ROW}\n".encode())[:-9]
    page.set_input_files("input[name=file]", {"name": "rows.csv.gz", "mimeType": "application/gzip", "buffer": data})
    page.click("#run")

    expect(page.locator("#table [role=alert]")).to_have_text("the gzip file is truncated or damaged")
