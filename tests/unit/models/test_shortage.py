"""A shortage of memory while a model of another version is checked is no fault of the model."""

import io
from typing import Any

import joblib
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from ml_census.errors import ArtifactError
from ml_census.models.pickles import estimator

ROWS, LABELS = [[0.0], [1.0]] * 20, [0, 1] * 20


class ShortOfMemory(BaseEstimator):
    """An estimator that needs more memory than there is, once it is loaded from its pickle."""

    def fit(self, rows: Any, labels: Any = None) -> "ShortOfMemory":
        self.fitted_ = True
        return self

    def transform(self, rows: Any) -> Any:
        return rows

    @property
    def n_features_in_(self) -> int:
        raise MemoryError


def test_a_shortage_while_another_version_is_checked_is_passing() -> None:
    model = make_pipeline(ShortOfMemory(), LogisticRegression()).fit(ROWS, LABELS)
    file = io.BytesIO()
    joblib.dump(model, file)
    data = file.getvalue().replace(b"_sklearn_version\x94\x8c\x051.9.1", b"_sklearn_version\x94\x8c\x050.9.1")

    with pytest.raises(ArtifactError) as refused:
        estimator.load_estimator("model_path", "model.joblib", data, [f"{__name__}.ShortOfMemory"])

    assert refused.value.is_transient
    assert "not enough memory" in refused.value.reason
