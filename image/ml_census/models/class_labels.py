"""From the classes that a model answers with to the texts that clients read."""

from collections.abc import Mapping
from typing import Any


class DecodingError(Exception):
    """A decoding does not fit the model; the message is the reason in one line."""


def labels(texts: Mapping[str, Any], classes: list[Any] | None) -> dict[Any, str]:
    """The texts by the model's own class values: JSON has only text as keys. Raises DecodingError."""
    if classes is None:
        raise DecodingError("the model has no list of classes to decode: leave the key out")
    if missing := [str(value) for value in classes if _spelt(value, texts) is None]:
        raise DecodingError(f"does not cover the model's classes: {', '.join(missing[:10])} missing")
    found = {value: texts[_spelt(value, texts)] for value in classes}
    if not all(isinstance(label, str) for label in found.values()):
        raise DecodingError("each class must be decoded to text")
    return found


def _spelt(value: Any, texts: Mapping[str, Any]) -> Any:
    """The class as the decoding spells it, or None: 1.0 may be "1" there, True may be "true" or "1"."""
    spellings = [str(value)]
    if isinstance(value, bool | float) and value == int(value):
        spellings += [str(int(value)), str(value).lower()]
    return next((spelling for spelling in spellings if spelling in texts), None)
