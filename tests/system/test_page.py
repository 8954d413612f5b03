"""The page in a real browser: by keyboard alone, with what the server itself answers."""

import csv
import io
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from playwright.sync_api import Browser, Page, expect, sync_playwright

from conftest import write_folder, write_trained
from ml_census.training import demo

ROOT = Path(__file__).parents[2]
WEB = ROOT / "image" / "ml_census" / "web"
SCREENSHOTS = ROOT / "build" / "screenshots"
FILES = ("page.html", "page.css", "page.js")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = subprocess.run([ROOT / "ci" / "chromium"], check=True, capture_output=True, text=True).stdout.strip()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def census(launch: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server with the demo model, whose schema knows the training."""
    running = launch(write_trained(tmp_path_factory.mktemp("demo"), "demo"))
    yield running
    running.end()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test if the browser had anything to say, such as of the Content-Security-Policy."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    context.close()
    assert [line for line in said if "status of 40" not in line] == []  # that of a refused login is no surprise


def log_in(page: Page, url: str, password: str = "census") -> None:
    page.goto(url)
    expect(page.locator("input[name=user]")).to_be_focused()
    page.keyboard.type("census")
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def tab_to(page: Page, selector: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector}")


def screenshot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}.png", full_page=True)


def form_row(page: Page) -> list[Any]:
    """What the form says, as the server would be sent it."""
    values = page.eval_on_selector_all(
        "#columns input, #columns select",
        "all => all.map(e => e.options ? e.selectedOptions[0].text : Number(e.value))",
    )
    return list(values)


def test_a_new_user_does_everything_by_keyboard(page: Page, census: Any) -> None:
    log_in(page, census.url)
    expect(page.locator("#one")).to_be_visible()
    expect(page.locator("#login")).to_be_hidden()

    tab_to(page, "input[type=number]")
    page.keyboard.type("52")
    tab_to(page, "select")
    page.keyboard.type("Fed")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#prediction")).not_to_be_empty()
    row = form_row(page)
    assert (row[0], row[1]) == (52, "Federal-gov")
    answer = census.predict([row], "?proba=true").json()
    assert page.inner_text("#prediction") == answer["predictions"][0]
    figures = [f"{100 * share:.1f} %" for share in answer["probabilities"][0]]
    assert page.locator("#probabilities dd:not(.bar)").all_inner_texts() == figures

    page.keyboard.type("20")
    page.keyboard.press("Tab")
    expect(page.locator("#moved")).to_contain_text("age from 52 to 20: Annual Salary >50K")
    younger = census.predict([[20, *row[1:]]], "?proba=true").json()["probabilities"][0]
    assert page.inner_text("#moved").endswith(f"{figures[1]} → {100 * younger[1]:.1f} %")

    tab_to(page, "summary")
    page.keyboard.press("Enter")
    assert page.locator("#moves tr").count() == len(row)
    screenshot(page, "one-row")

    rows, _ = demo.census(700, seed=3)
    tab_to(page, "textarea")
    page.keyboard.insert_text(rows.to_csv(index=False))
    tab_to(page, "#table button")
    with page.expect_download() as downloading:
        page.keyboard.press("Enter")
        expect(page.locator("#download")).to_be_focused()
        page.keyboard.press("Enter")
    expect(page.locator("#done")).to_have_text("700 rows are predicted.")
    screenshot(page, "many-rows")
    table = list(csv.DictReader(io.StringIO(downloading.value.path().read_text())))
    expected = census.predict(rows.to_numpy().tolist(), "?proba=true").json()
    assert [line["prediction"] for line in table] == expected["predictions"]
    told = [[float(line[f"probability {name}"]) for name in dict.fromkeys(expected["predictions"])] for line in table]
    assert sorted(map(sorted, told)) == sorted(map(sorted, expected["probabilities"]))
    assert [line["native-country"] for line in table] == rows["native-country"].tolist()


def test_a_wrong_password_is_told(page: Page, census: Any) -> None:
    log_in(page, census.url, "wrong")

    expect(page.get_by_role("alert")).to_have_text("your password or username is invalid")
    expect(page.locator("#login")).to_be_visible()
    screenshot(page, "wrong-password")


def test_a_token_that_is_no_longer_good_asks_for_a_login(page: Page, start: Callable[..., Any]) -> None:
    server = start("article", reload_seconds=0.1)
    log_in(page, server.url)
    expect(page.locator("#one")).to_be_visible()
    secret = yaml.safe_load(Path(server.process.args[5]).read_text())["secret"]
    Path(secret).write_text("another key of more than the 32 bytes that are needed")
    while requests.get(f"{server.url}/version", timeout=10).json()["reloads"]["done"] == 0:
        pass

    tab_to(page, "#row button")
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_have_text("Token is invalid!")
    expect(page.locator("#login input[name=user]")).to_be_focused()


def test_a_model_without_probabilities_is_asked_for_none(page: Page, start: Callable[..., Any]) -> None:
    server = start("regressor")
    log_in(page, server.url)
    tab_to(page, "#row button")
    page.keyboard.press("Enter")

    expect(page.locator("#prediction")).to_have_text(re.compile(r"^-?\d"))
    assert page.locator("#probabilities dt").count() == 0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "there are no rows"),
        ("age,sex\n1,Male\n", "the first line does not name workclass"),
        ('age,workclass,education-num,sex\n39,"Private,14,Male\n', "line 2 has a quotation mark too many"),
        ("age,workclass,education-num,sex\n39,Private,14\n", "row 1 has 3 values, not 4"),
        (
            "age,workclass,education-num,sex\n39,Private,14,Male\nold,Private,14,Male\n",
            '1 value or row does not fit the model\'s columns; row 2, age, expected a number, got "old"',
        ),
    ],
)
def test_rows_that_cannot_be_read_are_told_by_their_place(
    page: Page, launch: Callable[..., Any], named: Any, text: str, problem: str
) -> None:
    log_in(page, named.url)
    tab_to(page, "textarea")
    page.keyboard.insert_text(text)
    tab_to(page, "#table button")
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text(problem)
    expect(page.locator("#download")).to_be_hidden()


@pytest.fixture(scope="module")
def named(launch: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server whose columns have names."""
    running = launch(write_folder(tmp_path_factory.mktemp("named"), "dataframe"))
    yield running
    running.end()


def test_quoted_values_and_columns_in_another_order_are_read(page: Page, named: Any) -> None:
    log_in(page, named.url)
    tab_to(page, "textarea")
    page.keyboard.insert_text('sex,note,"age",education-num,workclass\r\nMale,"a ""b"", c",39,14,Private\r\n')
    tab_to(page, "#table button")
    page.keyboard.press("Enter")
    with page.expect_download() as downloading:
        expect(page.locator("#download")).to_be_focused()
        page.keyboard.press("Enter")

    (line,) = csv.DictReader(io.StringIO(downloading.value.path().read_text()))
    assert line["note"] == 'a "b", c'
    assert [line["prediction"]] == [
        str(each) for each in named.predict([[39, "Private", 14, "Male"]]).json()["predictions"]
    ]


def test_a_file_can_be_dropped(page: Page, named: Any) -> None:
    log_in(page, named.url)
    transfer = page.evaluate_handle(
        """text => { const t = new DataTransfer(); t.items.add(new File([text], "rows.csv")); return t; }""",
        "age,workclass,education-num,sex\n39,Private,14,Male\n",
    )
    page.dispatch_event("#table", "drop", {"dataTransfer": transfer})
    page.click("#table button")

    expect(page.locator("#done")).to_have_text("1 row is predicted.")


def test_every_control_has_a_label(page: Page, census: Any) -> None:
    log_in(page, census.url)
    expect(page.locator("#one")).to_be_visible()

    unnamed = page.eval_on_selector_all(
        "input, select, textarea, progress", "all => all.filter(e => !e.labels.length).map(e => e.outerHTML)"
    )
    assert unnamed == []
    assert page.locator("#columns label").count() == 14


def test_the_interface_is_described_without_a_network(page: Page, census: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{census.url}/docs")
    screenshot(page, "interface")

    assert page.locator("h2 >> text=/prediction").count() >= 2
    assert [url for url in asked if not url.startswith(census.url)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(scheme: str) -> None:
    """A contrast of 4.5 at least (WCAG 2.2, 1.4.3)."""
    blocks = re.findall(r":root \{(.*?)\}", (WEB / "page.css").read_text(), re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): #(\w+)", blocks[scheme == "dark"]))

    for text, ground in [("ink", "paper"), ("faint", "paper"), ("ink", "tint"), ("accent", "paper"), ("bad", "paper"),
                         ("on-accent", "accent")]:  # fmt: skip
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        whole = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
        parts = [int(whole[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_page_is_small_and_asks_nobody_else() -> None:
    texts = [(WEB / name).read_text() for name in FILES]

    assert sum(map(len, texts)) < 40_000
    assert not re.search(r"https?://|@import|<script(?![^>]*src=)| style=| on\w+=", "".join(texts))
