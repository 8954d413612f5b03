"""Training pipelines on UCI Adult: the compiled model predicts all of adult.test as scikit-learn."""

import os
from collections.abc import Iterator

import numpy as np
import pytest

from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.serialization import from_bytes, to_bytes
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.schema_inference import infer_schema
from ml_census.schema import Columns
from ml_census.training.census import datasets
from ml_census.training.census.adult import COLUMNS
from ml_census.training.census.pipelines import RECIPES

pytestmark = pytest.mark.adult


@pytest.fixture(scope="module")
def adult() -> datasets.Dataset:
    return datasets.load(os.environ["ADULT_DATA"])


@pytest.fixture(scope="module", params=["article", "boosted"])
def fitted(request: pytest.FixtureRequest, adult: datasets.Dataset) -> Iterator[tuple[SklearnPredictor, Columns]]:
    """Return a pipeline that was trained on adult.data, and the rows of adult.test."""
    model = RECIPES[request.param].fit(adult.train, adult.train_labels)
    original = SklearnPredictor(model, infer_schema(model, COLUMNS))
    yield original, original.schema.validate_rows(adult.test.to_numpy().tolist()).columns


def test_compiled_model_predicts_adult_test_as_sklearn(fitted: tuple[SklearnPredictor, Columns]) -> None:
    """Also after compiled.npz was written and read, and in requests of other sizes."""
    original, columns = fitted
    assert len(columns[0]) == 16_281

    predictor, engine = compile_and_verify(original)

    assert isinstance(predictor, CompiledPredictor), engine
    tolerance = 0 if predictor.link == "identity" else 1e-9
    labels, probabilities = original.predict(columns), np.array(original.probabilities(columns))
    assert predictor.predict(columns) == labels
    np.testing.assert_allclose(predictor.probabilities(columns), probabilities, rtol=tolerance, atol=tolerance)
    read = from_bytes(to_bytes(predictor), original.schema)
    for size in (1, 5, 63, 64):
        for start in range(0, 16_281 - size, 997):
            part = [values[start : start + size] for values in columns]
            assert read.predict(part) == labels[start : start + size]
            actual = read.probabilities(part)
            np.testing.assert_allclose(actual, probabilities[start : start + size], rtol=tolerance, atol=tolerance)
