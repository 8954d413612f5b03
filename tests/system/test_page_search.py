"""The search field of a column with many categories, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, expect
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeRegressor

from conftest import write_config
from ml_census.models.pickles.predictor_factory import learn_schema
from ml_census.models.publishing import publish
from support.live_server import Launch, Server

COUNT = 5000
NAMES = [f"zip {index:05d}" for index in range(COUNT)]


@pytest.fixture(scope="module")
def many(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server with a model of 5,000 categories. The prediction is 1 for one of them."""
    path: Path = tmp_path_factory.mktemp("many")
    frame = pd.DataFrame({"zip": NAMES, "x": range(COUNT)})
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["zip"]))
    targets = [float(index == 4711) for index in range(COUNT)]
    model = make_pipeline(encode, DecisionTreeRegressor(random_state=0)).fit(frame, targets)
    publish(model, learn_schema(model), None, [], {}, str(path))
    running = launch(write_config(path, None))
    yield running
    running.end()


def test_search_field_proposes_matching_categories(browser: Browser, many: Server) -> None:
    page = browser.new_page()
    page.goto(many.url)
    page.fill("input[name=user]", "census")
    page.fill("input[name=password]", "census")
    page.keyboard.press("Enter")
    field = page.locator("#columns").get_by_role("combobox")
    expect(field).to_be_focused()
    expect(page.locator("#prediction")).to_have_text("0")

    field.fill("471")

    proposed = page.locator("#columns [role=option]").all_inner_texts()
    assert proposed == [name for name in NAMES if "471" in name][:50]
    field.fill("zip 04711")
    page.keyboard.press("Enter")
    expect(page.locator("#prediction")).to_have_text("1")
    field.fill("zip 0471")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("zip 04712")
    expect(page.locator("#prediction")).to_have_text("0")
    page.close()
