"""report.html: its numbers are scikit-learn's, and it is one page that loads nothing."""

import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, confusion_matrix, roc_auc_score
from sklearn.pipeline import make_pipeline

import ml_census
from ml_census.training import datasets, plots, report
from ml_census.training.adult import NUMBERS
from ml_census.training.datasets import Dataset
from ml_census.training.evaluation import GRID, Evaluation, evaluate, probabilities

pytestmark = pytest.mark.slow  # matplotlib takes over a second to draw a page

ABOUT = {"recipe": "linear", "metrics": {"accuracy": 0.8, "roc_auc": 0.9, "log_loss": 0.4}}


def takes(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[list(NUMBERS)]


@pytest.fixture(scope="module")
def census() -> Dataset:
    whole = datasets.load("demo")
    return replace(whole, test=whole.test[:800], test_labels=whole.test_labels[:800])


@pytest.fixture(scope="module")
def model(census: Dataset) -> LogisticRegression:
    return LogisticRegression(max_iter=5000).fit(takes(census.train), census.train_labels)


@pytest.fixture(scope="module")
def found(census: Dataset, model: LogisticRegression) -> Evaluation:
    return evaluate(model, takes, census.test, census.test_labels)


@pytest.fixture(scope="module")
def text(census: Dataset, model: LogisticRegression, found: Evaluation) -> str:
    return report.render_report(ABOUT, model, census, found).decode()


def test_the_areas_and_the_matrix_are_those_of_scikit_learn(
    census: Dataset, model: LogisticRegression, found: Evaluation
) -> None:
    scores = probabilities(model, takes, census.test)

    assert found.roc.area == roc_auc_score(census.test_labels, scores)
    assert found.precision_recall.area == average_precision_score(census.test_labels, scores)
    assert (found.confusion == confusion_matrix(census.test_labels, scores > 0.5)).all()


def test_the_calibration_is_that_of_scikit_learn(census: Dataset, model: LogisticRegression, found: Evaluation) -> None:
    scores = probabilities(model, takes, census.test)
    observed, predicted = calibration_curve(census.test_labels, scores, n_bins=10, strategy="quantile")

    assert found.calibration.observed.tolist() == observed.tolist()
    assert found.calibration.predicted.tolist() == predicted.tolist()


def test_the_intervals_of_groups_are_wilsons(found: Evaluation) -> None:
    for group in found.groups:
        n, share, z = group.rows, group.wrong / group.rows, 1.959964
        centre, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
        assert (group.low, group.high) == pytest.approx(
            ((centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)), abs=1e-6
        )


def test_a_curve_has_its_area_and_is_within_its_band(found: Evaluation) -> None:
    for curve in (found.roc, found.precision_recall):
        assert np.trapezoid(curve.values, GRID) == pytest.approx(curve.area, abs=0.01)
        assert (curve.low <= curve.high).all()
        assert ((curve.low <= curve.values) & (curve.values <= curve.high)).mean() > 0.9
        assert 0.005 < (curve.high - curve.low).mean() < 0.2


def test_every_row_is_in_one_group_of_each_column(census: Dataset, found: Evaluation) -> None:
    wrong = found.confusion[0, 1] + found.confusion[1, 0]

    for column in ("sex", "race"):
        groups = [group for group in found.groups if group.column == column]
        assert {group.value for group in groups} == set(census.test[column])
        assert sum(group.rows for group in groups) == len(census.test)
        assert sum(group.wrong for group in groups) == wrong
        assert all(group.low <= group.wrong / group.rows <= group.high for group in groups)


def test_columns_that_the_model_does_not_see_have_no_importance(found: Evaluation) -> None:
    means = {importance.column: importance.mean for importance in found.importances}

    assert len(means) == 14
    assert {name for name, mean in means.items() if mean != 0} <= set(NUMBERS)
    assert max(means.values()) > 0.01


def test_the_counts_of_the_probabilities_are_all_rows(census: Dataset, found: Evaluation) -> None:
    assert found.scores.sum(axis=1).tolist() == np.bincount(census.test_labels).tolist()


def test_the_same_model_and_rows_make_the_same_bytes(census: Dataset, model: LogisticRegression, text: str) -> None:
    again = evaluate(model, takes, census.test, census.test_labels)

    assert report.render_report(ABOUT, model, census, again).decode() == text


def test_each_plot_is_well_formed_and_has_a_label(text: str) -> None:
    figures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)

    assert len(figures) == 7
    for svg in figures:
        root = ElementTree.fromstring(svg)
        assert root.attrib["role"] == "img" and root.attrib["aria-label"]
        assert [colour for colour in plots.COLOURS.values() if colour in svg] == []
        assert "var(--accent)" in svg


def test_names_within_the_page_are_unique(text: str) -> None:
    names = re.findall(r' id="([^"]+)"', text)

    assert len(names) == len(set(names)) > 20
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', text)) <= set(names)


def test_the_page_loads_and_runs_nothing(text: str) -> None:
    tags: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)
            links = [str(value) for name, value in attrs if name in ("src", "href")]
            assert [link for link in links if not link.startswith("#") and (tag, link) != ("a", "./")] == []

    Parser().feed(text)

    assert not {"script", "link", "iframe", "img", "object"} & set(tags)
    assert "@import" not in text
    assert len(text) < 400_000


def test_the_page_leads_back_to_the_server(text: str) -> None:
    assert re.search(r'<a href="\./">[^<]+</a>', text.partition("<h1>")[0])


def test_the_page_tells_what_predicts_and_what_made_it(text: str) -> None:
    assert "<code>LogisticRegression(max_iter=5000)</code>" in text
    assert f"ml-census {ml_census.__version__}, scikit-learn {sklearn.__version__}" in text


def test_the_page_says_in_words_whom_the_model_is_wrong_about(found: Evaluation, text: str) -> None:
    (right, false_above), (false_below, above) = found.confusion.tolist()

    assert f"{false_above:,} of {right + false_above:,} people who earn up to 50K" in text
    assert f"{false_below:,} of {false_below + above:,} people who earn more" in text


def test_the_page_tells_of_data_and_groups(census: Dataset, found: Evaluation, text: str) -> None:
    assert census.fingerprint in text
    assert "say nothing about people" in text
    for group in found.groups:
        assert f"{group.column}: {group.value}" in text


def card(page: str) -> str:
    """The text of the model card."""
    return " ".join(page.partition("<h2>Model card")[2].split())


def test_page_of_synthetic_data_says_so_in_its_card(text: str) -> None:
    assert "say nothing about people" in card(text)
    assert "the census of the United States" not in card(text)


def test_page_of_real_data_does_not_call_it_synthetic(
    census: Dataset, model: LogisticRegression, found: Evaluation
) -> None:
    """Of a pipeline it names the last step."""
    real = replace(census, synthetic=False, source="UCI Adult")

    page = report.render_report(ABOUT, make_pipeline("passthrough", model), real, found).decode()

    assert "the census of the United States" in card(page)
    assert "say nothing about people" not in " ".join(page.split())
    assert "<code>LogisticRegression(max_iter=5000)</code>" in page


HOSTILE = ["<script>alert(1)</script>", "--><script>", "$x_$"]


def test_hostile_text_of_the_data_is_shown_as_text(
    census: Dataset, model: LogisticRegression, found: Evaluation
) -> None:
    groups = [replace(group, value=HOSTILE[place % 3]) for place, group in enumerate(found.groups)]
    hostile = replace(census, source=" ".join(HOSTILE))

    page = report.render_report(ABOUT, model, hostile, replace(found, groups=groups)).decode()

    assert f"<td>{escape(' '.join(HOSTILE))}</td>" in page
    shown = [page.count(f">{escape(text)}</text>") for text in HOSTILE]
    assert shown == [sum(group.value == text for group in groups) for text in HOSTILE]
    assert "<script" not in page
