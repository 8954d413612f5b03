"""Functions that read config.yaml and return a Config."""

import dataclasses
from pathlib import Path
from typing import Any

from ml_census.config import yaml_loader
from ml_census.config.config import CREDENTIALS, Config
from ml_census.errors import ConfigError

MAX_BYTES = 1024**2
"""Maximum size of config.yaml, in bytes."""
MAX_VALUE_LENGTH = 60
"""Maximum length of a value in an error message, in characters."""
STORAGE_URI_VARIABLE = "$AIP_STORAGE_URI"
"""Placeholder at the start of a path in config.yaml for the folder to which Vertex AI
has copied the model."""
RENAMED_KEYS = {
    "open_protocols": "unauthenticated_protocols",
    "reload_seconds": "reload_interval_seconds",
    "request_deadline_seconds": "request_timeout_seconds",
    "keep_alive_seconds": "keep_alive_timeout_seconds",
    "version_mismatch": "sklearn_version_mismatch",
}
"""Key of versions before 0.2.0 -> its new name."""


def load(path: str, storage_uri: str | None = None) -> Config:
    """Return the configuration in the file `path`.

    `storage_uri`, if any, replaces $AIP_STORAGE_URI at the start of a value. Raises
    ConfigError for an unreadable or invalid file, or a missing, unknown or invalid key.
    """
    try:
        values = _values(yaml_loader.parse(_read(Path(path))), storage_uri)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"config: {path}: {reason}") from error
    settings: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items() if value is not None
    }
    return Config(**settings)


def _read(path: Path) -> str:
    """Return the text of a file. Raises OSError, or ValueError if it is not UTF-8 or too large."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8 text") from error


def _expand(value: object, storage_uri: str | None) -> object:
    """Return the value with the storage URI in place of a leading $AIP_STORAGE_URI."""
    if storage_uri is None or not isinstance(value, str) or not value.startswith(f"{STORAGE_URI_VARIABLE}/"):
        return value
    return storage_uri.rstrip("/") + value.removeprefix(STORAGE_URI_VARIABLE)


def _values(document: object, storage_uri: str | None) -> dict[str, Any]:
    """Return the validated values of the document. Raises ValueError."""
    if not isinstance(document, dict):
        raise ValueError("must be a mapping of keys to values")
    values = {key: _expand(value, storage_uri) for key, value in document.items()}
    _validate_keys(values)
    _validate_values(values)
    return values


def _validate_keys(values: dict[Any, Any]) -> None:
    """Raise ValueError for the first key that is unknown or missing."""
    fields = [field.name for field in dataclasses.fields(Config)]
    for key in values:
        if key in RENAMED_KEYS:
            raise ValueError(f"{key}: unknown key; it is now called {RENAMED_KEYS[key]}")
        if key not in fields:
            raise ValueError(f"{key}: unknown key; known are {', '.join(fields)}")
    for key in _required(values):
        if values.get(key) is None:
            raise ValueError(f"{key}: missing")


def _validate_values(values: dict[str, Any]) -> None:
    """Raise ValueError for the first value that is invalid."""
    fields = {field.name: field for field in dataclasses.fields(Config)}
    for key, value in values.items():
        try:
            if value is not None:
                fields[key].metadata["validator"](value)
        except ValueError as error:
            raise ValueError(f"{key}: {error}{_value_text(key, value)}") from error


def _value_text(key: str, value: object) -> str:
    """Return the value for an error message; "" for CREDENTIALS: an operator may write a secret in place of a path."""
    text = repr(value)
    if key in CREDENTIALS:
        return ""
    return f" (value: {text if len(text) <= MAX_VALUE_LENGTH else text[:MAX_VALUE_LENGTH] + '…'})"


def _required(values: dict[Any, Any]) -> list[str]:
    """Return the required keys: without `users` and `secret` if both are missing and a protocol needs no token."""
    has_credentials = any(values.get(key) is not None for key in CREDENTIALS)
    is_authenticated = has_credentials or not values.get("unauthenticated_protocols")
    return ["model_path", *(CREDENTIALS if is_authenticated else ())]
