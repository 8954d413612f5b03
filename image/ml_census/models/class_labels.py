"""Decode predictions: replace each class by its text in the file that the key prediction_decoding names."""

from collections.abc import Mapping, Sequence
from typing import Any

MAX_NAMES = 10
"""Maximum number of missing classes that an error message lists (10)."""


class DecodingError(Exception):
    """Report a decoding file that does not fit the classes of a model. The message is the reason in one line."""


def build_label_map(texts: Mapping[str, Any], classes: Sequence[Any] | None) -> dict[Any, str]:
    """Return the text for each class of the model.

    `texts` is the decoding file, with classes as keys. Raises DecodingError if `classes`
    is None, as for a regressor, if a key is missing, or if a value is no text.
    """
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
    """Return the predictions with each class replaced by its text in `labels`.

    A prediction that is not in `labels` stays unchanged, such as the outlier_label of a
    classifier. If `labels` is None, all predictions stay unchanged.
    """
    return predictions if labels is None else [labels.get(value, value) for value in predictions]


def _decoding_key(value: Any, texts: Mapping[str, Any]) -> str | None:
    """Return the key in `texts` for a class, or None. A key for 1.0 is "1.0" or "1", for True "True", "true" or "1"."""
    spellings = [str(value)]
    if isinstance(value, bool | float) and value == int(value):
        spellings += [str(int(value)), str(value).lower()]
    return next((spelling for spelling in spellings if spelling in texts), None)
