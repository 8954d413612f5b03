"""report.html: one page with plots and figures, which loads nothing."""

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import escape, unescape
from html.parser import HTMLParser

import pytest
import sklearn

import ml_census
from ml_census.api.web.views import REPORT_SCRIPT
from ml_census.training.report import render_report
from ml_census.training.report.formatting import percent
from support.evaluations import CONTEXT, Case

KINDS = ["binary", "without_probabilities", "multiclass", "regression", "texts"]
MAX_BYTES = 300_000
HOSTILE = ["<script>alert(1)</script>", "--><script>", '" onload="alert(1)']


@pytest.fixture(params=KINDS)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.getfixturevalue(request.param)
    return found


def page_of(case: Case, **changes: object) -> str:
    return render_report(case.evaluation, replace(CONTEXT, **changes)).decode()  # type: ignore[arg-type]


def words(page: str) -> str:
    """Return the text of a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


class Parser(HTMLParser):
    """Collect the tags of a page and check that each tag is closed."""

    VOID = frozenset({"meta", "input", "path", "br"})
    OPTIONAL = frozenset({"html"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_page_is_well_formed_and_small(case: Case) -> None:
    page = page_of(case)

    assert Parser(page).open == []
    assert len(page.encode()) < MAX_BYTES


def test_page_loads_nothing(case: Case) -> None:
    page = page_of(case)
    tags = Parser(page).tags

    links = [value for _tag, attributes in tags for name, value in attributes.items() if name in ("src", "href")]
    assert links == ["./"]
    assert not {"link", "iframe", "img", "object"} & {tag for tag, _attributes in tags}
    assert "@import" not in page and "url(" not in page


def test_policy_of_the_server_allows_the_only_script(case: Case) -> None:
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page_of(case), re.DOTALL)

    assert [f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}" for script in scripts] == [REPORT_SCRIPT]


def test_same_evaluation_is_the_same_page(case: Case) -> None:
    assert page_of(case) == page_of(case)


def test_ids_of_the_page_are_unique(case: Case) -> None:
    names = re.findall(r' id="([^"]+)"', page_of(case))

    assert len(names) == len(set(names))


def test_each_image_has_a_text(case: Case) -> None:
    images = [attributes for tag, attributes in Parser(page_of(case)).tags if tag == "svg"]

    assert all(image["role"] == "img" and image["aria-label"] for image in images)


def test_page_names_model_date_and_data(case: Case) -> None:
    text = words(page_of(case))

    for fact in ("Size of a town", "The model predicts the size.", "2026-11-28", "3f9ac21b77de", "towns.csv"):
        assert fact in text
    assert "450 to train, 450 to test" in text
    assert "ab" * 32 in text
    assert f"ml-census {ml_census.__version__}, scikit-learn {sklearn.__version__}" in text


def test_page_compares_the_figures_with_a_baseline(case: Case) -> None:
    assert words(page_of(case)).count("the baseline:") >= 3


def test_page_of_training_rows_says_so(case: Case) -> None:
    warning = "These figures are too optimistic."

    assert warning not in page_of(case)
    assert warning in page_of(case, on_training_rows=True)


def test_page_of_synthetic_data_says_so(case: Case) -> None:
    warning = "These figures say nothing about people."

    assert warning not in page_of(case)
    assert warning in page_of(case, synthetic=True)


def test_page_counts_wrong_predictions_in_words(binary: Case) -> None:
    assert binary.evaluation.classes is not None
    (right, false_yes), (false_no, yes) = binary.evaluation.classes.confusion.tolist()

    text = words(page_of(binary))

    assert f"“no” predicted as “yes”, of {right + false_yes} rows of “no” {false_yes} (" in text
    assert f"“yes” predicted as “no”, of {false_no + yes} rows of “yes” {false_no} (" in text


def test_page_names_each_group_with_its_share(binary: Case) -> None:
    text = words(page_of(binary))

    for group in binary.evaluation.groups:
        assert words(f"{group.value} {group.rows} {percent(group.measures['wrong'].value)}") in text


def test_page_without_groups_names_the_option(without_probabilities: Case) -> None:
    assert "--group COLUMN" in page_of(without_probabilities)


def test_page_without_probabilities_says_so(without_probabilities: Case) -> None:
    page = page_of(without_probabilities)

    assert "These need a model with probabilities" in words(page)
    assert "<svg" not in page


def test_page_of_texts_says_why_importance_is_missing(texts: Case) -> None:
    assert "the model has one column" in words(page_of(texts))


def test_page_of_a_regressor_has_three_plots_and_ranges(regression: Case) -> None:
    page = page_of(regression)

    assert page.count("<svg") == 3
    assert "Errors by true value" in page and "Confusion" not in page


def test_page_counts_rows_that_are_left_out(binary: Case) -> None:
    page = render_report(replace(binary.evaluation, left_out=1234), CONTEXT).decode()

    assert "1,234 test rows are left out." in page
    assert "test rows are left out" not in page_of(binary)


def test_markup_in_the_data_is_escaped(binary: Case) -> None:
    groups = [replace(group, value=HOSTILE[index % 3]) for index, group in enumerate(binary.evaluation.groups)]
    assert binary.evaluation.classes is not None
    classes = replace(binary.evaluation.classes, labels=HOSTILE[:2])
    text = " ".join(HOSTILE)
    context = replace(CONTEXT, title=text, description=text, source=text, estimator=text, model_version=text)

    page = render_report(replace(binary.evaluation, groups=groups, classes=classes), context).decode()

    assert f"<td>{escape(text).replace('&quot;', '&#34;')}</td>" in page
    assert page.count("<script") == 1
    assert not [1 for _tag, attributes in Parser(page).tags if "onload" in attributes]
