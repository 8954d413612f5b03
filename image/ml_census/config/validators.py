"""Validators of single values of config.yaml. For an invalid value, a validator raises ValueError with the reason."""

import re
import typing
from collections.abc import Callable
from dataclasses import dataclass

from ml_census.config import cors, trusted_globals

Validator = Callable[[object], None]
"""Function that raises ValueError if the value is invalid."""

SHA256 = re.compile("[0-9a-f]{64}")
MODEL_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
MAX_DESCRIPTION_LENGTH = 500
"""Maximum length of `description`, in characters."""
GCS_URI = re.compile(r"gs://[a-z0-9][a-z0-9._-]*/(.*[^/])")


def path(value: object) -> None:
    """Raise ValueError if the value is not a local path."""
    if not _is_path(value):
        raise ValueError("must be a path")


def path_or_object(value: object) -> None:
    """Raise ValueError if the value is neither a local path nor a URI gs://BUCKET/FILE (Google Cloud Storage)."""
    if not _is_path(value) and not _is_object(value):
        raise ValueError("must be a path or gs://BUCKET/FILE")


def _is_path(value: object) -> bool:
    """Return whether a value is a local path: text without a colon before the first slash, as URIs have it."""
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and ":" not in value.split("/")[0]


def _is_object(value: object) -> bool:
    """Return whether a value is gs://BUCKET/FILE without "::", which fsspec would read as a chain of URLs."""
    if not isinstance(value, str) or not value.isprintable() or not (match := GCS_URI.fullmatch(value)):
        return False
    return "::" not in value and ".." not in match[1].split("/")


def boolean(value: object) -> None:
    """Raise ValueError if the value is neither true nor false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")


@dataclass(frozen=True)
class Number:
    """Validator of numbers from `minimum` to `maximum`, both included. With `is_whole`, only integers are valid."""

    minimum: float
    maximum: float
    is_whole: bool = True

    def __call__(self, value: object) -> None:
        """Raise ValueError if the value is not a number in the range, or not an integer with `is_whole`."""
        if isinstance(value, bool) or not isinstance(value, int if self.is_whole else int | float):
            raise ValueError("must be a whole number" if self.is_whole else "must be a number")
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"must be between {self.minimum} and {self.maximum}")


def choice(literal: object) -> Validator:
    """Return a validator that raises ValueError for a value that is not in a type such as Literal["a", "b"]."""
    values = typing.get_args(literal)

    def validate(value: object) -> None:
        if value not in values:
            raise ValueError(f"must be {' or '.join(values)}")

    return validate


def subset(values: tuple[str, ...]) -> Validator:
    """Return a validator that raises ValueError if a value is not a list whose items are all in `values`."""

    def validate(value: object) -> None:
        if not isinstance(value, list) or not all(item in values for item in value):
            raise ValueError(f"must be a list of {', '.join(values)}")

    return validate


def model_name(value: object) -> None:
    """Raise ValueError if the value is not a model name of at most 63 characters for use in URL paths."""
    if not isinstance(value, str) or not MODEL_NAME.fullmatch(value):
        raise ValueError("must be text of letters, digits, dots, dashes and underscores, at most 63")


def description(value: object) -> None:
    """Raise ValueError if the value is not text of at most MAX_DESCRIPTION_LENGTH characters."""
    if not isinstance(value, str) or len(value) > MAX_DESCRIPTION_LENGTH:
        raise ValueError(f"must be text of at most {MAX_DESCRIPTION_LENGTH} characters")


def sha256(value: object) -> None:
    """Raise ValueError if the value is not a SHA-256 as text of 64 hex digits in lower case."""
    if not isinstance(value, str) or not SHA256.fullmatch(value):
        raise ValueError("must be 64 hexadecimal digits in lower case, in quotes")


def origins(value: object) -> None:
    """Raise ValueError if the value is not a list of origins such as "https://example.com", or "*"."""
    if not isinstance(value, list) or not all(isinstance(item, str) and _is_origin(item) for item in value):
        raise ValueError(
            'must be a list of origins as browsers send them: "https://HOST", in lower case and without path, or "*"'
        )


def _is_origin(text: str) -> bool:
    return text == cors.ANY or bool(cors.ORIGIN.fullmatch(text))


def global_names(value: object) -> None:
    """Raise ValueError if the value is not a list of "module.name", or if an operator must not allow one of them."""
    if not isinstance(value, list) or not all(isinstance(name, str) and "." in name for name in value):
        raise ValueError('must be a list of "module.name"')
    for name in value:
        if reason := trusted_globals.rejection_reason(name):
            raise ValueError(f"{name}: {reason}")
