"""The page in a real browser."""

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast

import pytest
import requests
import yaml
from playwright.sync_api import Browser, Locator, Page, Route, ViewportSize, expect
from sklearn.ensemble import RandomForestClassifier

from conftest import write_config, write_published, write_trained
from ml_census.models import schema_inference
from ml_census.models.publishing import publish
from ml_census.training import synthetic
from support.live_server import SECONDS, Launch, Server, Start
from support.sample_models import SAMPLE_MODELS

ROOT = Path(__file__).parents[2]
WEB = ROOT / "image" / "ml_census" / "web"
SCREENSHOTS = ROOT / "build" / "screenshots"
PHONE: ViewportSize = {"width": 360, "height": 640}


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


class Gate:
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
    return page.locator("#columns label", has_text=re.compile(rf"^{name}\b")).locator("input, select, textarea")


def enter(page: Page, name: str, value: str) -> None:
    """Fill in a number or a text, and move to the next field."""
    field(page, name).fill(value)
    page.keyboard.press("Tab")


def paste(page: Page, text: str) -> None:
    """Paste rows and submit them."""
    page.fill("textarea", text)
    page.click("#table button")


def problems(page: Page) -> Locator:
    return page.locator("[role=alert]:not(:empty)")


TRAINING = {"frequencies": [0.5, 0.5, 0], "bin_edges": [40], "minimum": 0, "maximum": 90}


def numbers(**column: object) -> dict[str, object]:
    """Return the schema of a model of two numbers, with additional keys for each column."""
    columns = [{"name": name, "type": "number"} | column for name in ("age", "years")]
    return {"form": "numbers", "columns": columns}


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


def screenshot(page: Page, name: str, whole: bool = True) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}.png", full_page=whole)


def percent(share: float) -> str:
    return f"{100 * share:.1f}\u00a0%"


def form_row(page: Page) -> list[Any]:
    """Return the row of the form as the page sends it."""
    values = page.eval_on_selector_all(
        "#columns input, #columns select",
        "all => all.map(e => e.options ? e.selectedOptions[0].text : Number(e.value))",
    )
    return list(values)


def test_page_is_usable_by_keyboard_alone(page: Page, census: Server) -> None:
    log_in(page, census.url)
    expect(field(page, "age")).to_be_focused()
    expect(page.locator("#login")).to_be_hidden()

    page.keyboard.type("52")
    tab_to(page, "select")
    page.keyboard.type("Fed")
    tab_to(page, "#row button")
    page.keyboard.press("Enter")
    expect(page.locator("#prediction")).not_to_be_empty()
    expect(page.locator("#row button")).to_be_focused()
    row = form_row(page)
    assert (row[0], row[1]) == (52, "Federal-gov")
    answer = census.predict([row], "?proba=true").json()
    figures = [percent(share) for share in answer["probabilities"][0]]
    assert answer["predictions"] == ["Annual Salary >50K"]
    assert page.inner_text("#prediction") == f"Annual Salary >50K, {figures[1]}"
    assert page.locator("#probabilities dd:not(.bar)").all_inner_texts() == figures

    for _ in row:
        page.keyboard.press("Shift+Tab")
    page.keyboard.type("20")
    page.keyboard.press("Tab")
    expect(page.locator("#moved")).to_contain_text("age from 52 to 20: Annual Salary >50K")
    younger = census.predict([[20, *row[1:]]], "?proba=true").json()["probabilities"][0]
    assert page.inner_text("#moved").endswith(f"{figures[1]} → {percent(younger[1])}")

    tab_to(page, "summary")
    page.keyboard.press("Enter")
    expect(page.locator("#moves tr")).to_have_count(2)
    assert [line.split("\t")[:3] for line in page.locator("#moves tr").all_inner_texts()] == [
        ["age", "20", "36"],
        ["workclass", "Federal-gov", "Private"],
    ]
    screenshot(page, "one-row")

    rows, _ = synthetic.generate(700, seed=3)
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
    shown = [[float(line[f"probability {name}"]) for name in dict.fromkeys(expected["predictions"])] for line in table]
    assert sorted(map(sorted, shown)) == sorted(map(sorted, expected["probabilities"]))
    assert [line["native-country"] for line in table] == rows["native-country"].tolist()


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
    rewrite(server, secret=b"another key of more than the 32 bytes that are needed")

    page.click("#row button")
    expect(problems(page)).to_have_text("Your session has expired. Log in again.")
    expect(page.locator("#login input[name=password]")).to_be_focused()

    page.keyboard.type("census")
    page.keyboard.press("Enter")
    expect(field(page, "column 0")).to_be_focused()
    expect(field(page, "column 2")).to_have_value("14")
    page.click("#row button")
    expect(page.locator("#prediction")).to_contain_text("Annual Salary")


def test_model_without_probabilities_shows_a_prediction(page: Page, start: Start) -> None:
    """Expect empty fields: the schema has no training distribution."""
    server = start("regressor")
    (prediction,) = server.predict([[39, 14]]).json()["predictions"]
    log_in(page, server.url)
    expect(page.locator("#columns input")).to_have_count(2)
    assert page.eval_on_selector_all("#columns input", "all => all.map(e => e.value)") == ["", ""]
    enter(page, "column 0", "39")
    enter(page, "column 1", "14")
    page.click("#row button")

    expect(page.locator("#prediction")).to_have_text(f"{prediction:.6g}")
    assert page.locator("#probabilities dt").count() == 0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "there are no rows"),
        ("age,sex\n1,Male\n", "the first line does not name workclass, education-num: it is “age,sex”"),
        ('age,workclass,education-num,sex\n39,"Private,14,Male\n', "line 2 has an unmatched quotation mark"),
        ("age,workclass,education-num,sex\n39,Private,14\n", "line 2 has 3 values, expected 4"),
        (
            "age,workclass,education-num,sex\n39,Private,14,Male\nold,Private,14,Male\n",
            'line 3, age: expected a number, got "old"',
        ),
    ],
)
def test_unreadable_rows_are_reported_by_line(page: Page, named: Server, text: str, problem: str) -> None:
    log_in(page, named.url)
    tab_to(page, "textarea")
    page.keyboard.insert_text(text)
    tab_to(page, "#table button")
    page.keyboard.press("Enter")

    expect(problems(page)).to_contain_text(problem)
    expect(page.locator("#table button")).to_be_focused()
    expect(page.locator("#download")).to_be_hidden()


@pytest.fixture(scope="module")
def named(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server whose columns have names."""
    running = launch(write_published(tmp_path_factory.mktemp("named"), "dataframe"))
    yield running
    running.end()


def test_quoted_values_and_reordered_columns_are_read(page: Page, named: Server) -> None:
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
    page.click("#table button")

    expect(page.locator("#done")).to_have_text("1 row is predicted.")


def test_change_during_a_prediction_is_predicted_next(page: Page, census: Server) -> None:
    log_in(page, census.url)
    page.click("#row button")
    expect(page.locator("#prediction")).not_to_be_empty()
    gate = Gate(page)

    enter(page, "age", "30")
    enter(page, "education-num", "3")
    assert gate.open_once()[0][0] == 30

    assert gate.open_once()[0][4] == 3
    expect(page.locator("#moved")).to_contain_text("education-num from 10 to 3")


def test_prediction_of_previous_values_is_marked_stale(page: Page, census: Server) -> None:
    """Empty a number, correct it, and lose the network."""
    log_in(page, census.url)
    page.click("#row button")
    expect(page.locator("#note")).to_be_empty()

    enter(page, "age", "")
    expect(page.locator("#note")).to_have_text("This prediction is for the previous values.")
    assert page.evaluate("document.activeElement !== document.body")
    enter(page, "age", "50")
    expect(page.locator("#note")).to_be_empty()

    page.context.set_offline(True)
    enter(page, "age", "51")
    expect(problems(page)).to_contain_text("the server cannot be reached")
    expect(page.locator("#note")).to_have_text("This prediction is for the previous values.")
    page.context.set_offline(False)
    page.click("#row button")
    expect(page.locator("#note")).to_be_empty()
    expect(problems(page)).to_have_count(0)


def test_change_among_many_classes_shows_the_predicted_one(page: Page, start: Start) -> None:
    server = start("multi_class", schema=numbers(training=TRAINING))
    first, second = server.predict([[20, 1], [20, 16]], "?proba=true").json().values()
    assert first == ["low", "high"]
    before, now = (percent(shares[2]) for shares in second)
    log_in(page, server.url)
    enter(page, "age", "20")
    enter(page, "years", "1")
    page.click("#row button")
    expect(page.locator("#prediction")).to_contain_text("low")

    enter(page, "years", "16")

    expect(page.locator("#moved")).to_have_text(f"years from 1 to 16: low → high; high {before} → {now}")
    page.click("summary")
    expect(page.locator("#target")).to_have_text("Effect on high")


def test_batches_shrink_to_the_limits_of_the_server(page: Page, start: Start) -> None:
    """Limit bytes, then rows. A problem names the line of the file."""
    server = start("logistic", max_body_bytes=1000, max_rows=30)
    log_in(page, server.url)

    paste(page, "0,1\n" + "39,14\n" * 450)
    expect(page.locator("#done")).to_contain_text("450 rows are predicted.")

    paste(page, "0,1\n" + "39,14\n" * 400 + "old,14\n" + "39,14\n" * 49)
    expect(problems(page)).to_contain_text("line 402")


def test_bad_value_is_reported_once(page: Page, census: Server) -> None:
    log_in(page, census.url)
    field(page, "age").fill("1e39")
    page.click("#row button")

    expect(problems(page)).to_contain_text("age")
    assert problems(page).inner_text().count("age") == 1
    assert "row" not in problems(page).inner_text().partition("columns")[2]


def test_model_without_known_columns_predicts_a_row(page: Page, start: Start) -> None:
    """Expect no effects without training distributions."""
    server = start("logistic", schema=numbers(type="any"))
    log_in(page, server.url)
    enter(page, "age", "39")
    enter(page, "years", "14")
    page.click("#row button")

    expect(page.locator("#prediction")).to_contain_text("Annual Salary")
    expect(problems(page)).to_have_count(0)
    expect(page.locator("#why")).to_be_hidden()


def test_document_of_digits_is_sent_as_text(page: Page, start: Start) -> None:
    log_in(page, start("documents").url)
    enter(page, "text", "2024")
    page.click("#row button")

    expect(page.locator("#prediction")).not_to_be_empty()


def test_document_of_several_lines_is_sent_by_keyboard(page: Page, start: Start) -> None:
    log_in(page, start("documents").url)
    field = page.locator("#columns textarea")
    expect(field).to_be_focused()

    field.fill("first")
    page.keyboard.press("Enter")
    page.keyboard.type("second")

    expect(field).to_have_value("first\nsecond")
    expect(page.locator("#prediction")).to_be_empty()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#prediction")).not_to_be_empty()


def test_prediction_does_not_wait_for_its_effects(page: Page, census: Server) -> None:
    """Expect the prediction also if the effects cannot be computed."""
    log_in(page, census.url)
    enter(page, "age", "52")
    page.click("#row button")
    expect(page.locator("#prediction")).not_to_be_empty()
    gate = Gate(page)
    page.click("summary")
    gate.open_once()
    expect(page.locator("#moves tr")).to_have_count(1)

    enter(page, "age", "53")
    assert len(gate.open_once()) == 1
    expect(page.locator("#moved")).to_contain_text("age from 52 to 53")
    page.unroute("**/prediction*")
    page.route("**/prediction*", lambda route: route.abort())
    page.click("summary")
    page.click("summary")

    expect(page.locator("#whatif")).to_contain_text("could not be computed: the server cannot be reached")
    expect(page.locator("#prediction")).to_be_visible()
    expect(problems(page)).to_have_count(0)


def test_many_problems_show_the_first_five(page: Page, named: Server) -> None:
    log_in(page, named.url)
    paste(page, "age,workclass,education-num,sex\n" + "old,Private,14,Male\n" * 30)

    expect(problems(page).locator("p")).to_have_text("30 values or rows do not fit the model's columns")
    shown = problems(page).locator("li").all_inner_texts()
    assert shown == [*(f'line {line}, age: expected a number, got "old"' for line in range(2, 7)), "and 25 more"]
    assert page.locator("#table [role=alert]").inner_text() == problems(page).inner_text()
    screenshot(page, "refused-rows")


def test_progress_and_counts_are_shown(page: Page, named: Server) -> None:
    rows = SAMPLE_MODELS["dataframe"]().rows * 7
    classes = named.predict(rows).json()["predictions"]
    log_in(page, named.url)
    gate = Gate(page)
    paste(page, "age,workclass,education-num,sex\n" + "".join(f"{','.join(map(str, row))}\n" for row in rows))

    bars = []
    for done in ("0", "500", "1,000"):
        expect(page.locator("#progress span")).to_have_text(f"{done} of 1,400")
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


def test_cluster_numbers_are_not_subtracted(page: Page, start: Start) -> None:
    """Expect names: the number of a cluster is not a quantity."""
    server = start("clusters", schema=numbers(training=TRAINING))
    rows = [[20, 10], [80, 10]]
    before, now = server.predict(rows).json()["predictions"]
    assert before != now
    log_in(page, server.url)
    for name, value in zip(("age", "years"), map(str, rows[0]), strict=True):
        enter(page, name, value)
    page.click("#row button")
    expect(page.locator("#prediction")).to_have_text(str(before))

    enter(page, "age", "80")

    expect(page.locator("#moved")).to_have_text(f"age from 20 to 80: {before} → {now}")
    page.click("summary")
    expect(page.locator("#target")).to_have_text("With the typical value")


def test_several_outputs_are_compared_as_a_whole(page: Page, start: Start) -> None:
    server = start("several_outputs", schema=numbers(training=TRAINING))
    log_in(page, server.url)
    enter(page, "age", "100")
    page.click("#row button")
    expect(page.locator("#prediction")).to_have_text(re.compile(r"^[\d.]+, [\d.]+$"))

    enter(page, "age", "101")

    expect(page.locator("#moved")).to_have_text("age from 100 to 101: same prediction")


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
    page.click("#row button")
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


def test_value_outside_the_training_range_is_marked(page: Page, census: Server) -> None:
    log_in(page, census.url)
    hint = page.locator("#columns label", has_text="age").locator("small").first
    expect(hint).to_have_text("17 to 90")

    enter(page, "age", "120")
    expect(hint).to_have_text("outside the training range: 17 to 90")
    enter(page, "age", "90")
    expect(hint).to_have_text("17 to 90")


def test_typical_row_shows_no_effects(page: Page, census: Server) -> None:
    log_in(page, census.url)
    page.click("#row button")
    page.click("summary")

    expect(page.locator("#whatif")).to_have_text(re.compile("^All values are typical of the training data"))
    expect(page.locator("#target")).to_be_hidden()


def test_prediction_on_a_phone_stays_visible(page: Page, census: Server) -> None:
    page.set_viewport_size(PHONE)
    log_in(page, census.url)
    page.click("#row button")
    expect(page.locator("#prediction")).to_be_in_viewport()
    field(page, "age").focus()

    for _ in range(14):
        page.keyboard.press("Tab")
        expect(page.locator("#prediction")).to_be_in_viewport()
        covered = page.evaluate(
            "document.activeElement.getBoundingClientRect().bottom > answer.getBoundingClientRect().top"
        )
        assert not covered, page.evaluate("document.activeElement.outerHTML")
    enter(page, "age", "20")
    expect(page.locator("#moved")).to_be_in_viewport()
    screenshot(page, "phone-in-use", whole=False)
    page.click("summary")
    expect(page.locator("#moves tr")).to_have_count(1)
    screenshot(page, "phone-one-row")

    page.context.set_offline(True)
    page.click("#row button")
    expect(problems(page)).to_be_in_viewport(ratio=1)
    assert page.evaluate(
        "row.querySelector('[role=alert]').getBoundingClientRect().bottom <= answer.getBoundingClientRect().top"
    )


@pytest.fixture(scope="module")
def wide(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server with twelve classes of long names."""
    path = tmp_path_factory.mktemp("wide")
    decoding = {str(number): f"class {number} " + "Donaudampfschifffahrt" * 4 for number in range(12)}
    rows = [[number, 40 - number] for number in range(12)] * 5
    forest = RandomForestClassifier(5, random_state=0).fit(rows, list(range(12)) * 5)
    publish(forest, schema_inference.infer_schema(forest), decoding, [], {}, str(path))
    running = launch(write_config(path, "prediction_decoding.json"))
    yield running
    running.end()


def test_pages_fit_the_width_of_a_phone(page: Page, census: Server, wide: Server) -> None:
    page.set_viewport_size(PHONE)

    def fits() -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    for path in ("docs", "report"):
        page.goto(f"{census.url}/{path}")
        fits()
        assert page.eval_on_selector_all(".table", "all => all.every(e => e.scrollWidth <= e.clientWidth)")
        screenshot(page, f"phone-{path}")
    log_in(page, wide.url)
    expect(page.locator("#one")).to_be_visible()
    fits()
    for place in range(2):
        enter(page, f"column {place}", "3")
    page.click("#row button")
    expect(page.locator("#prediction")).not_to_be_empty()
    fits()
    paste(page, "0,1\n3,37\n4,36\n")
    expect(page.locator("#result")).to_be_visible()
    fits()
    screenshot(page, "phone-long-names")


def test_placeholder_shows_the_first_line_of_a_file(page: Page, wide: Server) -> None:
    """Name columns by their indices if they have no names."""
    log_in(page, wide.url)

    expect(field(page, "column 1")).to_have_count(1)
    expect(page.locator("textarea")).to_have_attribute("placeholder", "0,1")


def test_many_classes_show_the_most_probable(page: Page, wide: Server) -> None:
    shares = wide.predict([[3, 37]], "?proba=true").json()["probabilities"][0]
    log_in(page, wide.url)
    enter(page, "column 0", "3")
    enter(page, "column 1", "37")
    page.click("#row button")

    figures = page.locator("#probabilities dd:not(.bar)")
    expect(figures).to_have_count(6)
    first = sorted(shares, reverse=True)[:5]
    assert figures.all_inner_texts() == [percent(share) for share in [*first, 1 - sum(first)]]
    assert page.locator("#probabilities dt").all_inner_texts()[-1] == "7 more"
    expect(page.locator("#probabilities .chosen")).to_contain_text("class 3")


def test_fields_have_equal_heights(page: Page, census: Server) -> None:
    log_in(page, census.url)
    expect(field(page, "age")).to_be_visible()

    heights = page.eval_on_selector_all("#columns input, #columns select", "all => all.map(e => e.offsetHeight)")
    assert len(set(heights)) == 1


def test_bars_are_visible_with_forced_colours(page: Page, census: Server) -> None:
    page.emulate_media(forced_colors="active")
    log_in(page, census.url)
    page.click("#row button")

    bar = page.locator("#probabilities .bar").first
    expect(bar).to_be_visible()
    colours = bar.evaluate("bar => [bar, bar.firstChild].map(e => getComputedStyle(e).backgroundColor)")
    assert len(set(colours)) == 2


def test_browser_without_scripts_shows_no_form(browser: Browser, census: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(census.url)

    expect(opened.get_by_role("link", name="API").first).to_be_visible()
    expect(opened.locator("form:visible, section:visible")).to_have_count(0)
    assert "needs JavaScript" in opened.locator("noscript").inner_html()
    context.close()


def test_every_control_has_a_label(page: Page, census: Server) -> None:
    log_in(page, census.url)
    expect(page.locator("#one")).to_be_visible()

    unnamed = page.eval_on_selector_all(
        "input, select, textarea, progress", "all => all.filter(e => !e.labels.length).map(e => e.outerHTML)"
    )
    assert unnamed == []
    assert page.locator("#columns label").count() == 14


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

    assert page.locator("h2 >> text=/prediction").count() >= 2
    assert [url for url in requested if not url.startswith(census.url)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_contrast_meets_wcag(scheme: str) -> None:
    """Expect a contrast of 4.5, or 3 for borders and bars (WCAG 2.2, 1.4.3 and 1.4.11)."""
    blocks = re.findall(r":root \{(.*?)\}", (WEB / "static/page.css").read_text(), re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): #(\w+)", blocks[scheme == "dark"]))

    for text, ground in [("ink", "paper"), ("faint", "paper"), ("ink", "tint"), ("accent", "paper"), ("bad", "paper"),
                         ("on-accent", "accent"), ("faint", "tint"), ("odd", "paper"), ("odd", "tint")]:  # fmt: skip
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for part, ground in [("edge", "paper"), ("edge", "tint"), ("accent", "tint")]:
        assert contrast(colours[part], colours[ground]) >= 3, (part, ground)


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        whole = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
        parts = [int(whole[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_page_is_small_and_loads_nothing_from_other_hosts() -> None:
    texts = [path.read_text() for path in [WEB / "templates/page.html", *(WEB / "static").rglob("*.*")]]

    assert sum(map(len, texts)) < 40_000
    assert not re.search(r"https?://|@import|<script(?![^>]*src=)| style=| on\w+=", "".join(texts))
