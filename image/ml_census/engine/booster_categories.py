"""Read the categories of pandas columns that LightGBM and XGBoost models store. Imports neither library."""

import json
from typing import Any

from ml_census.schema import Value


def categories(model: Any) -> dict[int, list[Value]]:
    """Return the categories of each pandas column of dtype category, by the position of the column.

    `model` is a fitted LightGBM or XGBoost estimator. A list of categories has the
    order of the integer codes in the model. The result is empty for an estimator of
    another library, and for a model without such columns.
    """
    booster: Any = getattr(model, "booster_", None)
    if hasattr(booster, "pandas_categorical"):
        return _of_lightgbm(booster)
    if callable(getattr(model, "get_booster", None)):
        return _of_xgboost(model.get_booster())
    return {}


def _of_lightgbm(booster: Any) -> dict[int, list[Value]]:
    indices = (getattr(booster, "params", None) or {}).get("categorical_column") or []
    known = booster.pandas_categorical or []
    return dict(zip(indices, known, strict=True)) if len(indices) == len(known) else {}


def _of_xgboost(booster: Any) -> dict[int, list[Value]]:
    if "c" not in (booster.feature_types or []):
        return {}
    learner = json.loads(booster.save_raw("json"))["learner"]
    encoded = learner["gradient_booster"]["model"].get("cats", {}).get("enc", [])
    decoded = {index: _decode(column) for index, column in enumerate(encoded)}
    return {index: values for index, values in decoded.items() if values}


def _decode(column: dict[str, Any]) -> list[Value]:
    """Return the categories of a column. XGBoost stores text as UTF-8 bytes and offsets, and numbers directly."""
    if "offsets" not in column:
        return list(column["values"])
    text, offsets = bytes(byte & 255 for byte in column["values"]), column["offsets"]
    return [text[start:end].decode() for start, end in zip(offsets, offsets[1:], strict=False)]
