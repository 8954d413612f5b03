"""One row in the form of the page: prediction, changes and effects."""

import re

from playwright.sync_api import Page, expect

from support.live_server import Server, Start
from support.page import RequestGate, census, enter, field, log_in, page, percent, problems

__all__ = ["census", "page"]


TRAINING = {"frequencies": [0.5, 0.5, 0], "bin_edges": [40], "minimum": 0, "maximum": 90}


def numbers(**column: object) -> dict[str, object]:
    """Return the schema of a model of two numbers, with additional keys for each column."""
    columns = [{"name": name, "type": "number"} | column for name in ("age", "years")]
    return {"form": "numbers", "columns": columns}


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


def test_change_during_a_prediction_is_predicted_next(page: Page, census: Server) -> None:
    log_in(page, census.url)
    page.click("#row button")
    expect(page.locator("#prediction")).not_to_be_empty()
    gate = RequestGate(page)

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
    gate = RequestGate(page)
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
