"""The texts that responses contain in place of a model's classes (prediction_decoding)."""

from collections.abc import Mapping, Sequence
from typing import Any

MAX_NAMES = 10
"""Maximum number of missing classes that an error names (default 10)."""


class DecodingError(Exception):
    """Report a decoding that does not fit the model. The message is the reason in one line."""


def build_label_map(texts: Mapping[str, Any], classes: Sequence[Any] | None) -> dict[Any, str]:
    """Return the text of each class value of the model. JSON has only text as keys. Raises DecodingError."""
    if classes is None:
        raise DecodingError("the model has no list of classes to decode: remove the key from the configuration")
    keys = {value: _decoding_key(value, texts) for value in classes}
    if missing := [str(value) for value, key in keys.items() if key is None]:
        raise DecodingError(f"does not cover the model's classes: {', '.join(missing[:MAX_NAMES])} missing")
    labels = {value: texts[str(key)] for value, key in keys.items()}
    if not all(isinstance(label, str) for label in labels.values()):
        raise DecodingError("each class must be decoded to text")
    return labels


def decode(labels: Mapping[Any, str] | None, predictions: list[Any]) -> list[Any]:
    """Return the text of each prediction. A value that is no class, such as an outlier's label, stays as it is."""
    return predictions if labels is None else [labels.get(value, value) for value in predictions]


def _decoding_key(value: Any, texts: Mapping[str, Any]) -> str | None:
    """Return the key of a class in the decoding, or None. The class 1.0 may be "1" there, True may be "true" or "1"."""
    spellings = [str(value)]
    if isinstance(value, bool | float) and value == int(value):
        spellings += [str(int(value)), str(value).lower()]
    return next((spelling for spelling in spellings if spelling in texts), None)
