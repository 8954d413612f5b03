"""report.html: one page with plots and figures, which loads nothing."""

import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import pytest
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import ml_census
from ml_census.training import report
from ml_census.training.census.datasets import Dataset
from ml_census.training.evaluation import Evaluation

pytestmark = pytest.mark.slow  # matplotlib takes over a second to draw a page

MANIFEST_INFO = {"recipe": "linear", "metrics": {"accuracy": 0.8, "roc_auc": 0.9, "log_loss": 0.4}}


@pytest.fixture(scope="module")
def text(census: Dataset, model: LogisticRegression, evaluation: Evaluation) -> str:
    return report.render_report(MANIFEST_INFO, model, census, evaluation).decode()


def test_ids_of_the_page_are_unique(text: str) -> None:
    names = re.findall(r' id="([^"]+)"', text)

    assert len(names) == len(set(names)) > 20
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', text)) <= set(names)


def test_page_loads_and_runs_nothing(text: str) -> None:
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


def test_page_links_to_the_server(text: str) -> None:
    assert re.search(r'<a href="\./">[^<]+</a>', text.partition("<h1>")[0])


def test_page_names_estimator_and_versions(text: str) -> None:
    assert "<code>LogisticRegression(max_iter=5000)</code>" in text
    assert f"ml-census {ml_census.__version__}, scikit-learn {sklearn.__version__}" in text


def test_page_counts_wrong_predictions_in_words(evaluation: Evaluation, text: str) -> None:
    (right, false_above), (false_below, above) = evaluation.confusion.tolist()

    assert f"{false_above:,} of {right + false_above:,} people who earn up to 50K" in text
    assert f"{false_below:,} of {false_below + above:,} people who earn more" in text


def test_page_names_data_and_groups(census: Dataset, evaluation: Evaluation, text: str) -> None:
    assert census.fingerprint in text
    assert "say nothing about people" in text
    for group in evaluation.groups:
        assert f"{group.column}: {group.value}" in text


def card(page: str) -> str:
    """Return the text of the model card."""
    return " ".join(page.partition("<h2>Model card")[2].split())


def test_page_of_synthetic_data_says_so_in_its_card(text: str) -> None:
    assert "say nothing about people" in card(text)
    assert "the census of the United States" not in card(text)


def test_page_of_real_data_does_not_call_it_synthetic(
    census: Dataset, model: LogisticRegression, evaluation: Evaluation
) -> None:
    """Use a pipeline, of which the page names the last step."""
    real = replace(census, synthetic=False, source="UCI Adult")

    page = report.render_report(MANIFEST_INFO, make_pipeline("passthrough", model), real, evaluation).decode()

    assert "the census of the United States" in card(page)
    assert "say nothing about people" not in " ".join(page.split())
    assert "<code>LogisticRegression(max_iter=5000)</code>" in page


HOSTILE = ["<script>alert(1)</script>", "--><script>", "$x_$"]


def test_markup_in_the_data_is_escaped(census: Dataset, model: LogisticRegression, evaluation: Evaluation) -> None:
    groups = [replace(group, value=HOSTILE[index % 3]) for index, group in enumerate(evaluation.groups)]
    hostile = replace(census, source=" ".join(HOSTILE))

    page = report.render_report(MANIFEST_INFO, model, hostile, replace(evaluation, groups=groups)).decode()

    assert f"<td>{escape(' '.join(HOSTILE))}</td>" in page
    shown = [page.count(f">{escape(text)}</text>") for text in HOSTILE]
    assert shown == [sum(group.value == text for group in groups) for text in HOSTILE]
    assert "<script" not in page
