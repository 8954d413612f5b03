"""A model that does not predict, or predicts golden rows differently, is rejected."""

import json
from pathlib import Path
from typing import Any

import joblib
import pytest

from conftest import WriteFolder
from support.load_artifacts import load_model_of, rejection_of


def test_model_that_cannot_predict_is_rejected(folder: WriteFolder) -> None:
    path = folder("logistic")
    model = joblib.load(path.parent / "model.pkl")
    del model.coef_
    joblib.dump(model, path.parent / "model.pkl")

    assert "cannot predict: AttributeError" in rejection_of(path)


def test_golden_predictions_of_a_regressor_are_compared(folder: WriteFolder) -> None:
    path = folder("regressor")
    (answer,) = load_model_of(path).predictor.predict([[39], [10]])

    (path.parent / "golden.json").write_text(json.dumps({"rows": [[39, 10]], "predictions": [answer]}))
    assert load_model_of(path)

    (path.parent / "golden.json").write_text(json.dumps({"rows": [[39, 10]], "predictions": [answer + 1]}))
    assert "golden row 0: the model predicts" in rejection_of(path)


def test_golden_probabilities_of_a_regressor_are_rejected(folder: WriteFolder) -> None:
    path = folder("regressor")
    (answer,) = load_model_of(path).predictor.predict([[39], [10]])
    golden = {"rows": [[39, 10]], "predictions": [answer], "probabilities": [[0.5, 0.5]]}
    (path.parent / "golden.json").write_text(json.dumps(golden))

    assert "the model has none" in rejection_of(path)


def golden(path: Path, **changes: Any) -> None:
    loaded = load_model_of(path)
    rows = [[39, 10], [20, 3]]
    clean = loaded.predictor.schema.validate_rows(rows).columns
    document = {
        "rows": rows,
        "predictions": loaded.decode(loaded.predictor.predict(clean)),
        "probabilities": loaded.predictor.probabilities(clean),
    }
    (path.parent / "golden.json").write_text(json.dumps(document | changes))


def test_golden_probability_off_by_a_millionth_is_rejected(folder: WriteFolder) -> None:
    path = folder("logistic")
    golden(path)
    document = json.loads((path.parent / "golden.json").read_text())
    document["probabilities"][0][0] += 1e-6
    (path.parent / "golden.json").write_text(json.dumps(document))

    assert "other probabilities" in rejection_of(path)


def test_golden_rows_with_equal_predictions_are_accepted(folder: WriteFolder) -> None:
    path = folder("logistic")
    golden(path)

    assert load_model_of(path).labels


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"predictions": ["Annual Salary >50K", "Annual Salary >50K"]}, "golden row 1: the model predicts"),
        ({"predictions": ["Annual Salary <50K"]}, "one prediction for each of 2 rows"),
        ({"probabilities": [[0.5, 0.5], [0.5, 0.5]]}, "other probabilities"),
        ({"probabilities": [[0.5, 0.5]]}, "probabilities for each row or for none"),
        ({"probabilities": [[0.5], [0.5]]}, "other probabilities"),
        ({"probabilities": [[0.5], [0.5, 0.5]]}, "other probabilities"),
        ({"probabilities": [[0.5, 0.5], "x"]}, "golden rows are invalid"),
        ({"predictions": 7}, "golden rows are invalid"),
        ({"rows": [["x", 10]]}, "golden rows are invalid"),
    ],
)
def test_model_that_differs_on_golden_rows_is_rejected(
    folder: WriteFolder, changes: dict[str, Any], reason: str
) -> None:
    path = folder("logistic")
    golden(path, **changes)

    assert reason in rejection_of(path)
