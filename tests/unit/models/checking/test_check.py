"""All facts about a model, in one object."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from conftest import WriteFolder
from ml_census.models.checking.check import check
from ml_census.models.checking.facts import ModelCheck
from support.sample_models import LABELS, NUMBERS, SAMPLE_MODELS, SampleModel


def checked(model: object, folder: Path) -> ModelCheck:
    joblib.dump(model, folder / "model.pkl")
    return check(folder / "model.pkl")


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLE_MODELS)
def test_each_sample_model_has_all_facts(sample_model: Callable[[str], SampleModel], tmp_path: Path, name: str) -> None:
    facts = checked(sample_model(name).model, tmp_path)

    assert facts.is_servable
    assert facts.bytes == (tmp_path / "model.pkl").stat().st_size
    assert facts.columns and facts.row is not None and facts.prediction is not None and facts.engine
    assert facts.sklearn_microseconds and bool(facts.compiled_microseconds) == (facts.engine.kind == "compiled")
    json.dumps(facts.to_json(), allow_nan=False)


def test_published_model_is_not_unpickled(published_folder: WriteFolder) -> None:
    folder = published_folder("logistic").parent

    facts = check(str(folder))

    assert facts.is_servable and facts.compiled_microseconds
    assert (facts.estimator, facts.sklearn_microseconds) == (None, None)


def test_changed_file_of_a_published_model_is_a_problem(published_folder: WriteFolder) -> None:
    folder = published_folder("logistic").parent
    (folder / "compiled.npz").write_bytes(b"changed")

    assert "SHA-256 mismatch" in str(check(folder).problem)


def test_fitted_estimator_is_checked_as_its_pickle() -> None:
    facts = check(LogisticRegression().fit(NUMBERS, LABELS))

    assert (facts.is_servable, facts.uri, facts.estimator) == (True, "", "LogisticRegression")


def test_missing_file_is_a_problem(tmp_path: Path) -> None:
    assert check(tmp_path / "model.pkl").problem == "not found"


def test_global_that_runs_any_code_is_a_problem() -> None:
    assert "can execute any code" in str(check("model.pkl", ["os.system"]).problem)


def test_schema_beside_the_model_replaces_its_columns(tmp_path: Path) -> None:
    document = {"form": "numbers", "columns": [{"name": "age", "type": "number"}, {"name": "pay", "type": "number"}]}
    (tmp_path / "schema.json").write_text(json.dumps(document))

    facts = checked(LogisticRegression().fit(NUMBERS, LABELS), tmp_path)

    assert facts.row == {"age": 0, "pay": 0}


def test_model_that_predicts_no_row_is_a_problem(tmp_path: Path) -> None:
    """The model has two columns, and the schema has one."""
    (tmp_path / "schema.json").write_text('{"form": "numbers", "columns": [{"name": "a", "type": "number"}]}')

    facts = checked(LogisticRegression().fit(NUMBERS, LABELS), tmp_path)

    assert "the model predicts no example row" in str(facts.problem)
    assert facts.columns


def test_problem_of_the_columns_keeps_the_facts_of_the_file(tmp_path: Path) -> None:
    """The check reports size and version of a model whose columns JSON cannot represent."""
    class_dates = np.array(["2020-01-01", "2021-01-01"], "datetime64[D]")[LABELS]
    file = io.BytesIO()
    joblib.dump(LogisticRegression().fit(NUMBERS, class_dates), file)
    (tmp_path / "model.pkl").write_bytes(file.getvalue())

    facts = check(tmp_path / "model.pkl")

    assert facts.problem
    assert (facts.bytes, facts.estimator) == (len(file.getvalue()), "LogisticRegression")
