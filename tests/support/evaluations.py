"""Fit a model on the first half of a data set, and evaluate the model on the second half."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.pickles.predictor_factory import learn_schema
from ml_census.training.data.labelled_rows import LabelledRows
from ml_census.training.evaluation import Evaluation, evaluate
from ml_census.training.report import ReportContext

CONTEXT = ReportContext(
    title="Size of a town",
    description="The model predicts the size.",
    model_version="3f9ac21b77de",
    created="2026-11-28",
    source="towns.csv",
    fingerprint="ab" * 32,
    train_rows=450,
    test_rows=450,
    on_training_rows=False,
    estimator="LogisticRegression()",
    synthetic=False,
)


@dataclass(frozen=True)
class Case:
    """A model with its data. `columns` are the columns of the model: a list of names, or the name of a text column."""

    model: Any
    rows: pd.DataFrame
    target: pd.Series
    columns: list[str] | str
    result: Evaluation | None = None

    @property
    def test(self) -> pd.DataFrame:
        """The rows of the second half."""
        return self.rows[len(self.rows) // 2 :]

    @property
    def truth(self) -> np.ndarray:
        """The target of the second half."""
        return self.target[len(self.rows) // 2 :].to_numpy()

    @property
    def predicted(self) -> np.ndarray:
        """The predictions of scikit-learn for the second half."""
        return np.asarray(self.model.predict(self.test[self.columns]))

    @property
    def shares(self) -> np.ndarray:
        """The probabilities of scikit-learn for the second half."""
        return np.asarray(self.model.predict_proba(self.test[self.columns]))

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation of the second half."""
        assert self.result is not None
        return self.result

    @property
    def predictor(self) -> SklearnPredictor:
        return SklearnPredictor(self.model, learn_schema(self.model))


def evaluate_case(case: Case, groups: Sequence[str], labels: dict[Any, str] | None = None) -> Case:
    """Fit the model, and return the case with the evaluation."""
    half = len(case.rows) // 2
    case.model.fit(case.rows[case.columns][:half], case.target[:half])
    names = [case.columns] if isinstance(case.columns, str) else case.columns
    others = [name for name in case.rows.columns if name not in names]
    test = LabelledRows(case.test[[*names, *others]].reset_index(drop=True), pd.Series(case.truth))
    return replace(case, result=evaluate(case.predictor, test, groups, case.target[:half], labels))
