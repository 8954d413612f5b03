"""Convert the results and the classes of scikit-learn models to plain Python values."""

from typing import Any

import numpy as np

from ml_census.schema import SchemaError

MAX_FLOAT_BYTES = 8
"""Size of a float64 in bytes: wider floats stay NumPy scalars in tolist()."""


def to_python(values: np.ndarray) -> list[Any]:
    """Return an array of any shape as a list, nested for each dimension, of str, int, float, bool and None.

    Raises SchemaError for values that JSON cannot represent, such as dates.
    """
    if values.dtype.kind == "O":
        items = [_python_scalar(value) for value in values.ravel().tolist()]
        return items if values.ndim == 1 else np.array([*items, None], dtype=object)[:-1].reshape(values.shape).tolist()
    if values.dtype.kind not in "biufUT":
        raise _json_error(values.dtype)
    if values.dtype.itemsize > MAX_FLOAT_BYTES and values.dtype.kind == "f":
        values = values.astype(np.float64)
    result: list[Any] = values.tolist()
    return result


def _python_scalar(value: Any) -> Any:
    scalar = value.item() if isinstance(value, np.generic) else value
    if scalar is not None and not isinstance(scalar, str | int | float):
        raise _json_error(type(value).__name__)
    return scalar


def _json_error(dtype: Any) -> SchemaError:
    return SchemaError(f"the model predicts {dtype}, which JSON does not have: fit it on text or numbers")


def squeeze_single_target(predictions: list[Any]) -> list[Any]:
    """Return predictions of shape (rows, 1) as a list of one value for each row. Return others unchanged.

    A model that was fitted on a table of one target predicts the shape (rows, 1).
    """
    if predictions and isinstance(predictions[0], list) and len(predictions[0]) == 1:
        return [prediction[0] for prediction in predictions]
    return predictions


def probabilities_by_row(result: Any, outputs: list[list[Any]] | None) -> list[list[Any]]:
    """Return the result of predict_proba as one list of probabilities for each row.

    With `outputs`, each row has one list of probabilities for each output. scikit-learn returns for several outputs
    either one array (rows, classes) for each output, or one array (rows, outputs) of the probabilities of label 1.
    """
    if outputs is None:
        probabilities: list[list[Any]] = np.asarray(result[0] if isinstance(result, list) else result).tolist()
        return probabilities
    if isinstance(result, list):
        by_output = [np.asarray(output).tolist() for output in result]
        return [list(row) for row in zip(*by_output, strict=True)]
    return [[[1 - positive, positive] for positive in row] for row in np.asarray(result).tolist()]


def class_labels(model: Any) -> list[Any] | None:
    """Return the values that a model of one output may predict, or None for a regressor or several outputs.

    Classifiers list their classes, clusterers label the rows that they were fitted on, and mixtures number their
    components. Raises SchemaError for values that JSON cannot represent.
    """
    labels = getattr(model, "classes_", None)
    if labels is None and (training_labels := getattr(model, "labels_", None)) is not None:
        labels = np.unique(training_labels)
    if labels is None and hasattr(model, "predict_proba") and hasattr(model, "weights_"):
        labels = np.arange(len(model.weights_))
    if isinstance(labels, list) and len(labels) == 1:
        labels = np.asarray(labels[0])
    if not isinstance(labels, np.ndarray) or labels.ndim != 1:  # several outputs: a list of arrays
        return None
    return to_python(labels)
