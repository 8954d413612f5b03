"""Compare the predictions of two predictors."""

import numpy as np

from ml_census.engine.predictor import PredictionError, Predictor
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.schema import Columns


def assert_same_predictions(compiled: CompiledPredictor, original: Predictor, columns: Columns) -> None:
    """Fail unless both predict the same: trees to the last bit, other models within 1e-9."""
    tolerance = 0 if compiled.scoring.exact else 1e-9
    actual, expected = compiled.predict(columns), original.predict(columns)
    if compiled.classes is None:
        np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)
    else:
        assert actual == expected
        assert [type(value) for value in actual] == [type(value) for value in expected]
    if original.has_probabilities:
        np.testing.assert_allclose(
            compiled.probabilities(columns), original.probabilities(columns), rtol=tolerance, atol=tolerance
        )


def is_rejected(predictor: Predictor, columns: Columns) -> bool:
    """Return whether the predictor rejects the rows."""
    try:
        predictor.predict(columns)
    except PredictionError:
        return True
    return False


def single_rows(columns: Columns) -> list[Columns]:
    """Return each row as columns of its own."""
    return [[values[row : row + 1] for values in columns] for row in range(len(columns[0]))]
