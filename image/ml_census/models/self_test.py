"""The self-test of a loaded model. The model must predict an example row and the rows of golden.json.

The publication of a model writes golden.json: rows, their expected predictions and, if
the model has probabilities, their expected probabilities. A server runs the self-test
before the server uses the model.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ml_census.config import Config
from ml_census.engine.predictor import TOLERANCE, PredictionError, Predictor, describe_failure, predict_example
from ml_census.errors import ArtifactError
from ml_census.models import class_labels
from ml_census.models.manifest import GOLDEN, ModelFolder, parse_object
from ml_census.schema import Columns, InvalidRowsError

log = logging.getLogger(__name__)

REMEDY = "publish it with --golden rows, or with a --schema that has the columns' types; untested_model: warn loads it"


class GoldenRows(NamedTuple):
    """Test rows of a model, and the expected predictions of these rows, as the file golden.json states them."""

    columns: Columns
    """The values of the rows: one list for each column of the schema."""
    predictions: list[Any]
    """The expected prediction of each row, with the texts of prediction_decoding.json
    in place of classes."""
    probabilities: list[Any]
    """The expected class probabilities of each row. The list is empty if golden.json
    has no probabilities."""


def run_self_test(config: Config, predictor: Predictor, labels: Mapping[Any, str] | None, folder: ModelFolder) -> Any:
    """Predict an example row that fits the schema, and the rows of golden.json if the file exists.

    `labels` is the text for each class, or None. Returns the prediction of one row as
    the model made it, without `labels`. Returns None if the model rejects all example
    rows, golden.json is missing, and the configuration has `untested_model: warn`.
    Raises ArtifactError if the model rejects the rows, a prediction differs from
    golden.json, or golden.json is invalid.
    """
    data = folder.read_optional(GOLDEN)
    try:
        sample = _predict_example(config, predictor, is_required=data is None)
        if data is not None:
            uri = folder.uri(GOLDEN)
            first = check_golden_rows(predictor, labels, uri, parse_object("model_path", uri, data))
            sample = first if sample is None else sample
    except PredictionError as error:
        raise ArtifactError("model_path", config.model_path, describe_failure(error)) from error
    return sample


def check_golden_rows(
    predictor: Predictor, labels: Mapping[Any, str] | None, uri: str, document: Mapping[str, Any]
) -> Any:
    """Compare the predictions and probabilities of the model with the expected values in golden.json.

    `document` is golden.json at `uri`, and `labels` is the text for each class or None.
    Returns the first prediction, without `labels`. Raises ArtifactError if a value
    differs or golden.json is invalid, and PredictionError if the model rejects a row.
    """
    golden = _parse(predictor, uri, document)
    predictions = predictor.predict(golden.columns)
    _check_predictions(labels, uri, predictions, golden.predictions)
    if golden.probabilities:
        _check_probabilities(predictor, uri, golden)
    return predictions[0]


def _check_predictions(
    labels: Mapping[Any, str] | None, uri: str, predictions: list[Any], golden: Sequence[Any]
) -> None:
    decoded = class_labels.decode(labels, predictions)
    for index, (actual, expected) in enumerate(zip(decoded, golden, strict=True)):
        if not _is_expected(actual, expected, is_decoded=labels is not None):
            reason = (
                f"golden row {index}: the model predicts {actual!r}, expected {expected!r}; publish the model again"
            )
            raise ArtifactError("model_path", uri, reason)


def _predict_example(config: Config, predictor: Predictor, *, is_required: bool) -> Any:
    """Return the prediction of an example row, or None if the model rejects all example rows.

    With `is_required`, raises ArtifactError in place of None if the configuration has
    `untested_model: refuse`.
    """
    try:
        (prediction,) = predict_example(predictor)
    except PredictionError as error:
        if is_required:
            _reject_or_warn(config, describe_failure(error))
        return None
    return prediction


def _reject_or_warn(config: Config, reason: str) -> None:
    """Raise ArtifactError for `untested_model: refuse` in the configuration; log a warning for `warn`."""
    if config.untested_model == "refuse":
        raise ArtifactError("model_path", config.model_path, f"{reason}; {REMEDY}")
    log.warning("model_path: %s: %s; the model is served untested", config.model_path, reason)


def _parse(predictor: Predictor, uri: str, document: Mapping[str, Any]) -> GoldenRows:
    try:
        columns = predictor.schema.validate_rows(document["rows"]).columns
        golden = GoldenRows(columns, list(document["predictions"]), list(document.get("probabilities", [])))
        _flatten(golden.probabilities)
    except (KeyError, TypeError, ValueError, InvalidRowsError) as error:
        raise ArtifactError("model_path", uri, f"golden rows are invalid: {error}") from error
    count = len(golden.columns[0])
    if len(golden.predictions) != count or len(golden.probabilities) not in (0, count):
        reason = f"must hold one prediction for each of {count} rows, and probabilities for each row or for none"
        raise ArtifactError("model_path", uri, reason)
    return golden


def _is_expected(actual: Any, expected: Any, *, is_decoded: bool) -> bool:
    """Return whether a prediction equals the expected prediction. Floats may differ by TOLERANCE.

    golden.json may contain decoded texts. Without a decoding, an expected text
    therefore equals any prediction that is not text.
    """
    if actual == expected or (not is_decoded and isinstance(expected, str) and not isinstance(actual, str)):
        return True
    is_number = isinstance(actual, float) and isinstance(expected, int | float)
    return is_number and math.isclose(actual, expected, rel_tol=TOLERANCE)


def _check_probabilities(predictor: Predictor, uri: str, golden: GoldenRows) -> None:
    if not predictor.has_probabilities:
        raise ArtifactError("model_path", uri, "has probabilities, but the model has none; publish the model again")
    actual, expected = _flatten(predictor.probabilities(golden.columns)), _flatten(golden.probabilities)
    if actual.shape != expected.shape or np.abs(actual - expected).max() > TOLERANCE:
        reason = "golden rows: the model predicts other probabilities; publish the model again"
        raise ArtifactError("model_path", uri, reason)


def _flatten(rows: Sequence[Any]) -> np.ndarray:
    """Return the numbers of nested lists as one array: float64 (numbers,). The lists may differ in length."""
    while any(isinstance(row, list) for row in rows):
        rows = [value for row in rows for value in row]
    return np.array(rows, dtype=np.float64)
