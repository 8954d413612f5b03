"""A model that a Python program loads answers as a server does."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from ml_census import load
from ml_census.errors import ArtifactError
from ml_census.models.loaded_model import LoadedModel, RowsError
from ml_census.models.pickles.predictor_factory import learn_schema
from ml_census.models.publishing import publish

FRAME = pd.DataFrame({"age": [20.0, 30.0, 60.0, 70.0], "plan": ["a", "b", "a", "b"]})
STEPS = make_column_transformer((OneHotEncoder(), ["plan"]), ("passthrough", ["age"]))
MODEL = make_pipeline(STEPS, LogisticRegression()).fit(FRAME, [0, 0, 1, 1])
TEXTS = {"0": "leaves", "1": "stays"}


def published(folder: Path, model: Any, texts: Any = None) -> LoadedModel:
    publish(model, learn_schema(model), texts, [], {"name": "Churn", "description": "Who leaves"}, str(folder))
    return load(str(folder))


@pytest.fixture(scope="module")
def churn(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return published(tmp_path_factory.mktemp("churn"), MODEL, TEXTS)


@pytest.mark.parametrize(
    "rows",
    [
        FRAME,
        FRAME.assign(plan=FRAME["plan"].astype("category"), extra=1)[["plan", "extra", "age"]],
        FRAME.to_numpy(),
        FRAME.to_dict("records"),
        FRAME.to_numpy().tolist(),
        (row for row in FRAME.to_numpy().tolist()),
    ],
    ids=["DataFrame", "other columns", "array", "dicts", "lists", "generator"],
)
def test_predictions_are_decoded(churn: LoadedModel, rows: Any) -> None:
    assert churn.predict(rows) == [TEXTS[str(label)] for label in MODEL.predict(FRAME)]


def test_probabilities_are_in_the_order_of_the_classes(churn: LoadedModel) -> None:
    assert churn.classes_ == ["leaves", "stays"]
    assert churn.predict_proba(FRAME) == pytest.approx(MODEL.predict_proba(FRAME))


def test_reasons_compare_with_a_reference(churn: LoadedModel) -> None:
    reasons = churn.reasons(FRAME, 1, reference={"age": 20, "plan": "a"})

    assert [[(reason["column"], reason["value"]) for reason in each] for each in reasons] == [
        [],
        [("age", 30)],
        [("age", 60)],
        [("age", 70)],
    ]


def test_reasons_without_a_reference_are_an_error(churn: LoadedModel) -> None:
    with pytest.raises(ValueError, match="no typical row to compare with"):
        churn.reasons(FRAME)


def test_invalid_reference_is_an_error_with_the_column(churn: LoadedModel) -> None:
    with pytest.raises(
        RowsError, match="the reference does not fit the model's columns: column age: expected a number"
    ):
        churn.reasons(FRAME, reference=["x", "a"])


def test_facts_are_those_of_the_published_folder(churn: LoadedModel) -> None:
    assert (churn.name, churn.description, churn.columns) == ("Churn", "Who leaves", ["age", "plan"])
    assert [column["type"] for column in churn.schema["columns"]] == ["number", "category"]
    assert len(churn.version) == 12


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([[20, "a"], ["x", "a"]], "row 1: column age: expected a number, got 'x'"),
        ([[20, "a"], [20, "c"]], "row 1: column plan: expected one of a, b, got 'c'"),
        ([[20, "a"], [20]], "row 1: expected a list of 2 values"),
        ([{"age": 20}], "row 0: expected an object with all columns of the model; 1 missing: plan"),
        ([], "inputs holds no rows"),
        (FRAME[["age"]], "the DataFrame has no column plan"),
        ("a text", "the rows must be a list of rows"),
        ([[float("inf"), "a"]], "column 0: expected a number"),
    ],
)
def test_invalid_rows_are_named(churn: LoadedModel, rows: Any, reason: str) -> None:
    with pytest.raises(RowsError, match=reason):
        churn.predict(rows)


def test_details_are_those_of_a_response(churn: LoadedModel) -> None:
    with pytest.raises(RowsError) as error:
        churn.predict([["x", "a"]])

    assert error.value.details == [{"row": 0, "column": "age", "got": "x", "expected": "a number"}]


def test_model_without_probabilities_says_so(tmp_path: Path) -> None:
    model = published(tmp_path, Ridge().fit([[0.0], [1.0]], [0.0, 1.0]))

    assert (model.classes_, model.columns) == (None, ["0"])
    assert model.predict(np.array([[0.5]])) == pytest.approx([0.5])
    with pytest.raises(ValueError, match="this model has no probabilities"):
        model.predict_proba([[0.5]])


@pytest.mark.slow
def test_model_that_does_not_compile_is_loaded(tmp_path: Path) -> None:
    model = published(tmp_path, KNeighborsClassifier(1).fit([[0.0], [1.0]], ["no", "yes"]))

    assert model.predict([[0.1], [0.9]]) == ["no", "yes"]


@pytest.mark.slow
def test_compiled_model_needs_no_scikit_learn(tmp_path: Path) -> None:
    published(tmp_path, MODEL, TEXTS)
    code = (
        f"import sys; from ml_census import load; print(load({str(tmp_path)!r}).predict([[20, 'a']]), "
        "[name for name in ('sklearn', 'pandas', 'flask') if name in sys.modules])"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "['leaves'] []\n"


def test_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=f"{tmp_path}/model.pkl: not found"):
        load(str(tmp_path))
