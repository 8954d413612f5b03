"""The categories that LightGBM and XGBoost keep of a DataFrame's category columns. Neither library is imported."""

import json
from typing import Any

from ml_census.schema.column import Value


def categories(model: Any) -> dict[int, list[Value]]:
    """Place of each column of dtype category -> its categories, in the model's order; empty for any other model."""
    booster: Any = getattr(model, "booster_", None)
    if hasattr(booster, "pandas_categorical"):
        places = (getattr(booster, "params", None) or {}).get("categorical_column") or []
        known = booster.pandas_categorical or []
        return dict(zip(places, known, strict=True)) if len(places) == len(known) else {}
    if not callable(getattr(model, "get_booster", None)):
        return {}
    booster = model.get_booster()
    if "c" not in (booster.feature_types or []):
        return {}
    kept = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"].get("cats", {}).get("enc", [])
    found = {place: _decoded(each) for place, each in enumerate(kept)}
    return {place: values for place, values in found.items() if values}


def _decoded(kept: dict[str, Any]) -> list[Value]:
    """Numbers as they are, text from its bytes and offsets."""
    if "offsets" not in kept:
        return list(kept["values"])
    text, offsets = bytes(byte & 255 for byte in kept["values"]), kept["offsets"]
    return [text[start:end].decode() for start, end in zip(offsets, offsets[1:], strict=False)]
