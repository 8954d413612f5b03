"""One row in the form of the page: prediction, changes and effects."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conftest import write_config
from ml_census.models.publishing import publish
from ml_census.schema import Column, Schema
from support.live_server import Launch, Server, Start
from support.page import RequestGate, census, enter, field, log_in, page, percent, problems, wait_for_answer
from support.sample_models import NAMES, SAMPLE_MODELS

__all__ = ["census", "page"]


TRAINING = {"frequencies": [0.5, 0.5, 0], "bin_edges": [40], "minimum": 0, "maximum": 90, "typical": 40}


def numbers(**column: object) -> dict[str, object]:
    """Return the schema of a model of two numbers, with additional keys for each column."""
    columns = [{"name": name, "type": "number"} | column for name in ("age", "years")]
    return {"form": "numbers", "columns": columns}


def test_model_without_training_data_starts_with_an_example(page: Page, start: Start) -> None:
    server = start("regressor")
    (prediction,) = server.predict([[1, 1]]).json()["predictions"]
    log_in(page, server.url)

    expect(page.locator("#prediction")).to_have_text(f"{prediction:.6g}")
    expect(page.locator("#probabilities dt")).to_have_count(0)
    expect(page.locator("#whatif")).to_contain_text("could not be computed: this model has no typical row")
    expect(page.locator("#curve")).to_be_hidden()


def test_prediction_of_the_typical_row_is_shown_at_once(page: Page, census: Server) -> None:
    log_in(page, census.url)
    wait_for_answer(page)

    row = page.evaluate("import('/js/fields.js').then(({readRow}) => readRow())")
    (prediction,) = census.predict([row]).json()["predictions"]
    assert row[:2] == [36, "Private"]
    expect(page.locator("#prediction")).to_contain_text(prediction)
    expect(page.locator("#whatif")).to_have_text("No value has an effect: the score is that of the typical row.")
    expect(page.locator("#moves li")).to_have_count(0)


def test_change_during_a_prediction_is_predicted_next(page: Page, census: Server) -> None:
    log_in(page, census.url)
    wait_for_answer(page)
    gate = RequestGate(page)

    enter(page, "age", "30")
    enter(page, "education-num", "3")
    assert gate.open_once()[0][0] == 30

    rows = [gate.open_once() for _ in range(3)]  # the next prediction; effects and curve of the first one
    assert sorted(row[0][4] for row in rows if len(row) == 1) == [3, 10]
    expect(page.locator("#moved")).to_contain_text("education-num 10 → 3")


def test_prediction_of_previous_values_is_marked_stale(page: Page, census: Server) -> None:
    """Empty a number, correct it, and lose the network."""
    log_in(page, census.url)
    wait_for_answer(page)
    expect(page.locator("#note")).to_be_empty()

    enter(page, "age", "")
    expect(page.locator("#note")).to_have_text("This prediction is for the previous values.")
    assert page.evaluate("document.activeElement !== document.body")
    expect(page.locator("#columns .field", has_text="age").locator("small").first).to_have_text("needs a number")
    enter(page, "age", "50")
    expect(page.locator("#note")).to_be_empty()
    wait_for_answer(page)

    page.context.set_offline(True)
    enter(page, "age", "51")
    expect(problems(page)).to_contain_text("the server cannot be reached")
    expect(page.locator("#note")).to_have_text("This prediction is for the previous values.")
    page.context.set_offline(False)
    page.click("text=Try again")
    wait_for_answer(page)
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
    expect(page.locator("#prediction")).to_contain_text("low")
    wait_for_answer(page)

    enter(page, "years", "16")

    expect(page.locator("#moved")).to_have_text(f"years 1 → 16: low → high; high {before} → {now}")
    expect(page.locator("#whatif")).to_contain_text("the score of high")


def test_bad_value_is_reported_once(page: Page, census: Server) -> None:
    log_in(page, census.url)
    enter(page, "age", "1e39")

    expect(problems(page)).to_contain_text("age")
    assert problems(page).inner_text().count("age") == 1
    assert "row" not in problems(page).inner_text().partition("columns")[2]
    expect(field(page, "age")).to_have_attribute("aria-invalid", "true")


def test_model_without_known_columns_predicts_a_row(page: Page, start: Start) -> None:
    """Expect no effects without training distributions."""
    server = start("logistic", schema=numbers(type="any"))
    log_in(page, server.url)
    enter(page, "age", "39")
    enter(page, "years", "14")

    expect(page.locator("#prediction")).to_contain_text("Annual Salary")
    expect(problems(page)).to_have_count(0)
    expect(page.locator("#moves li")).to_have_count(0)


@pytest.fixture
def picky(launch: Launch, tmp_path: Path) -> Iterator[Server]:
    """Yield a server whose schema has no types. The model rejects a row of numbers alone."""
    sample = SAMPLE_MODELS["dataframe"]()
    schema = Schema(tuple(Column(name) for name in NAMES), "frame")
    publish(sample.model, schema, sample.decoding, sample.rows[:1], {}, str(tmp_path))
    running = launch(write_config(tmp_path, "prediction_decoding.json"))
    yield running
    running.end()


def test_rejected_example_is_no_problem_of_the_user(page: Page, picky: Server) -> None:
    assert picky.predict([[1, 1, 1, 1]]).status_code == 400
    log_in(page, picky.url)
    expect(page.locator("#prediction")).to_have_text("Enter a row")
    expect(problems(page)).to_have_count(0)

    enter(page, "workclass", "Private")
    expect(problems(page)).to_contain_text("the model cannot predict these rows")
    enter(page, "sex", "Male")
    expect(page.locator("#prediction")).to_contain_text("Annual Salary")
    expect(problems(page)).to_have_count(0)


def test_document_of_digits_is_sent_as_text(page: Page, start: Start) -> None:
    log_in(page, start("documents").url)
    wait_for_answer(page)
    enter(page, "text", "2024")

    expect(page.locator("#moved")).to_contain_text("→ 2024")


def test_document_of_several_lines_is_sent_by_keyboard(page: Page, start: Start) -> None:
    log_in(page, start("documents").url)
    field = page.locator("#columns textarea")
    expect(field).to_be_focused()

    field.fill("first")
    page.keyboard.press("Enter")
    page.keyboard.type("second")

    expect(field).to_have_value("first\nsecond")
    expect(page.locator("#history")).to_contain_text("first second")


def test_prediction_does_not_wait_for_its_effects(page: Page, census: Server) -> None:
    """Expect the prediction also if the effects cannot be computed."""
    log_in(page, census.url)
    wait_for_answer(page)
    gate = RequestGate(page)
    enter(page, "age", "52")
    assert len(gate.open_once()) == 1
    expect(page.locator("#moved")).to_contain_text("age 36 → 52")
    assert [len(gate.open_once()) for _ in range(2)] == [1, 49]
    expect(page.locator("#moves li")).to_have_count(1)

    page.unroute("**/prediction*")
    page.route("**/prediction*reasons=*", lambda route: route.abort())
    enter(page, "age", "53")

    expect(page.locator("#moved")).to_contain_text("age 52 → 53")
    expect(page.locator("#whatif")).to_contain_text("could not be computed: the server cannot be reached")
    expect(page.locator("#prediction")).to_be_visible()
    expect(problems(page)).to_have_count(0)


def test_cluster_numbers_are_not_subtracted(page: Page, start: Start) -> None:
    """Expect names: the number of a cluster is not a quantity."""
    server = start("clusters", schema=numbers(training=TRAINING))
    rows = [[20, 10], [80, 10]]
    before, now = server.predict(rows).json()["predictions"]
    assert before != now
    log_in(page, server.url)
    for name, value in zip(("age", "years"), map(str, rows[0]), strict=True):
        enter(page, name, value)
    wait_for_answer(page)
    expect(page.locator("#prediction")).to_have_text(str(before))

    enter(page, "age", "80")

    expect(page.locator("#moved")).to_have_text(f"age 20 → 80: {before} → {now}")
    wait_for_answer(page)
    expect(page.locator("#whatif")).to_contain_text("this model has no reasons: it is not compiled")


def test_several_outputs_are_compared_as_a_whole(page: Page, start: Start) -> None:
    server = start("several_outputs", schema=numbers(training=TRAINING))
    log_in(page, server.url)
    enter(page, "age", "100")
    wait_for_answer(page)
    expect(page.locator("#prediction")).to_have_text(re.compile(r"^[\d.]+, [\d.]+$"))

    enter(page, "age", "101")

    expect(page.locator("#moved")).to_have_text("age 100 → 101: same answer")


def test_value_outside_the_training_range_is_marked(page: Page, census: Server) -> None:
    log_in(page, census.url)
    hint = page.locator("#columns .field", has_text="age").locator("small").first
    expect(hint).to_have_text("17 to 90")

    enter(page, "age", "120")
    expect(hint).to_have_text("outside 17 to 90")
    enter(page, "age", "90")
    expect(hint).to_have_text("17 to 90")
