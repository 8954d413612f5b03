"""Rows that a model predicts, made from its schema."""

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.checking.trial_row import find_trial_row
from ml_census.models.pickles.predictor_factory import learn_schema
from ml_census.schema import Column, Schema, TrainingDistribution
from support.sample_models import SAMPLE_MODELS, SampleModel


@pytest.mark.parametrize("name", SAMPLE_MODELS)
def test_row_is_json_that_the_model_predicts(sample_model: Callable[[str], SampleModel], name: str) -> None:
    model = sample_model(name).model
    predictor = SklearnPredictor(model, learn_schema(model))

    trial = find_trial_row(predictor)

    assert trial is not None
    sent = json.loads(json.dumps(trial.row, allow_nan=False))
    assert predictor.predict(predictor.schema.validate_rows([sent]).columns) == [trial.prediction]


def test_missing_category_is_null_in_the_row() -> None:
    frame = pd.DataFrame({"code": [np.nan, np.nan, np.nan, np.nan]})
    model = make_pipeline(OrdinalEncoder(), SimpleImputer(keep_empty_features=True), LogisticRegression()).fit(
        frame, [0, 1, 0, 1]
    )

    trial = find_trial_row(SklearnPredictor(model, learn_schema(model)))

    assert trial is not None and trial.row == {"code": None}


def test_typical_value_of_the_training_data_is_in_the_row() -> None:
    training = TrainingDistribution((1.0, 0.0, 0.0), (38.5,), 17, 90, typical=37)
    model = LogisticRegression().fit([[0, 1], [1, 0]], [0, 1])
    columns = (Column("age", "number", training=training), Column("hours", "number"))

    trial = find_trial_row(SklearnPredictor(model, Schema(columns, "numbers")))

    assert trial is not None and trial.row == {"age": 37, "hours": 0}


def test_dropped_column_is_not_in_the_row() -> None:
    columns = (Column("used", "number"), Column("unused", "any", nullable=True, dropped=True))
    model = make_pipeline(SimpleImputer(), LogisticRegression()).fit([[0, 1], [1, 0]], [0, 1])
    predictor = SklearnPredictor(model, Schema(columns, "numbers"))

    trial = find_trial_row(predictor)

    assert trial is not None and trial.row == {"used": 0}


def test_model_that_rejects_all_rows_has_none() -> None:
    """The model needs two columns, and the schema has one."""
    model = LogisticRegression().fit([[0, 1], [1, 0]], [0, 1])

    assert find_trial_row(SklearnPredictor(model, Schema((Column("a", "number"),), "numbers"))) is None
