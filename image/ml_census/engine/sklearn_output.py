"""Convert the predictions and the classes of scikit-learn models to Python values of types that JSON can represent."""

from typing import Any

import numpy as np

from ml_census.schema import SchemaError

MAX_FLOAT_BYTES = 8
"""Size of a float64, in bytes. ndarray.tolist() leaves wider floats (np.longdouble) as
NumPy scalars."""


def to_python(values: np.ndarray) -> list[Any]:
    """Return an array as a list of str, int, float, bool and None; nested lists for two or more dimensions.

    Raises SchemaError for a type that JSON cannot represent, such as dates. NaN and
    infinity stay floats.
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
    """Return predictions of shape (rows, 1) as a list of one value for each row. Return any other list unchanged.

    A scikit-learn model predicts the shape (rows, 1) if its training target was a table
    with one column.
    """
    if predictions and isinstance(predictions[0], list) and len(predictions[0]) == 1:
        return [prediction[0] for prediction in predictions]
    return predictions


def probabilities_by_row(result: Any, outputs: list[list[Any]] | None) -> list[list[Any]]:
    """Return the result of predict_proba() as a list of probabilities for each row.

    `outputs` has the classes of each output, or is None for a model with one output.
    For several outputs, each row has one list of probabilities for each output. In this
    case, `result` has one of two formats: a list of one array (rows, classes) for each
    output, or one array (rows, outputs) of the probabilities of label 1.
    """
    if outputs is None:
        probabilities: list[list[Any]] = np.asarray(result[0] if isinstance(result, list) else result).tolist()
        return probabilities
    if isinstance(result, list):
        by_output = [np.asarray(output).tolist() for output in result]
        return [list(row) for row in zip(*by_output, strict=True)]
    return [[[1 - positive, positive] for positive in row] for row in np.asarray(result).tolist()]


def _cluster_labels(model: Any) -> np.ndarray | None:
    """Return the labels of a clusterer, or the numbers of the components of a mixture model; None for another model."""
    if (training_labels := getattr(model, "labels_", None)) is not None:
        return np.unique(training_labels)
    is_mixture = hasattr(model, "predict_proba") and hasattr(model, "weights_")
    return np.arange(len(model.weights_)) if is_mixture else None


def class_labels(model: Any) -> list[Any] | None:
    """Return the values that a model with one output can predict; None for a regressor or several outputs.

    The values are `classes_` of a classifier, or the distinct `labels_` of a clusterer.
    For a mixture model, the values are the numbers of its components. Raises
    SchemaError for a type that JSON cannot represent.
    """
    labels = getattr(model, "classes_", None)
    if labels is None:
        labels = _cluster_labels(model)
    if isinstance(labels, list) and len(labels) == 1:
        labels = np.asarray(labels[0])
    if not isinstance(labels, np.ndarray) or labels.ndim != 1:  # several outputs: a list of arrays
        return None
    return to_python(labels)
