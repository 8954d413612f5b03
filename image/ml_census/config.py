"""config.yaml: where the artifacts are, and the few numbers that an operator may want to change."""

import dataclasses
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

LARGEST = 1_000_000_000
URI_KEYS = ("model_path", "users", "secret", "prediction_decoding")


class ConfigError(Exception):
    """The configuration cannot be used; the message names the file, the key and the reason in one line."""


@dataclass(frozen=True)
class Config:
    """What config.yaml says. The first four keys are the article's; each is a local path or a gs:// URI."""

    model_path: str
    """The model as joblib or pickle wrote it; schema.json, golden.json and manifest.json beside it are used."""
    users: str
    """JSON, user name -> password hash."""
    secret: str
    """The key that signs tokens; several lines are several keys: the first signs, all verify."""
    prediction_decoding: str | None = None
    """JSON, class -> text of the answer. Without it the model's own values are the answer."""
    compile: bool = True
    """Compile the model and serve that, if it is proved equal; false: scikit-learn itself predicts."""
    max_body_bytes: int = 1024 * 1024
    """Larger requests are refused with 413. About 10,000 census rows."""
    drain_delay_seconds: float = 5
    """After SIGTERM new connections are still served for this long, until every load balancer has heard of the end."""
    drain_deadline_seconds: float = 20
    """After the delay, requests in flight have this long to finish."""


def load(path: str) -> Config:
    """Read and check config.yaml. Raises ConfigError for whatever is missing, unknown, or of the wrong kind."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"config: {path}: {reason}") from error
    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date or number that is none
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise ConfigError(f"config: {path}: not YAML{where}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"config: {path}: must be a mapping of keys to values")
    return _checked(values, path)


def _checked(values: dict[Any, Any], path: str) -> Config:
    fields = {field.name: field for field in dataclasses.fields(Config)}
    for key in values:
        if key not in fields:
            raise ConfigError(f"config: {path}: {key}: unknown key; known are {', '.join(fields)}")
    for name, field in fields.items():
        if values.get(name) is None and field.default is dataclasses.MISSING:
            raise ConfigError(f"config: {path}: {name}: missing")
    given = {key: value for key, value in values.items() if value is not None}
    types_ = typing.get_type_hints(Config)
    for key, value in given.items():
        if reason := _wrong(key, value, types_[key]):
            raise ConfigError(f"config: {path}: {key}: {reason}")
    return Config(**given)


def _wrong(key: str, value: object, kind: type | types.UnionType) -> str | None:
    """The reason why the value cannot be used, or None."""
    if key in URI_KEYS:
        if not isinstance(value, str) or not value.strip():
            return "must be a path or a gs:// URI"
        scheme, separator, _ = value.partition("://")
        return f"{scheme}:// is not supported: a local path or gs://" if separator and scheme != "gs" else None
    if kind is bool:
        return None if isinstance(value, bool) else "must be true or false"
    if isinstance(value, bool) or not isinstance(value, int | float if kind is float else int):
        return "must be a number" if kind is float else "must be a whole number"
    least = 1 if kind is int else 0
    return None if least <= value <= LARGEST else f"must be between {least} and {LARGEST}"
