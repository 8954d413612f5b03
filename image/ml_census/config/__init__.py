"""config.yaml: where the artifacts are, and the few numbers that an operator may want to change."""

import dataclasses
import re
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from ml_census.config import cors, trusted_globals
from ml_census.errors import ConfigError

MAX_BYTES = 1024**2
MAX_SECONDS = 10_000_000
"""Python's timers take no more than 292 years."""
BOUNDS: dict[str, tuple[float, float]] = {
    "max_model_bytes": (1, 1024**4),
    "reload_interval_seconds": (0, MAX_SECONDS),
    # the server holds up to twice as much in memory
    "max_body_bytes": (1, 1024**3),
    "max_rows": (1, 1_000_000_000),
    "request_timeout_seconds": (1, MAX_SECONDS),
    "keep_alive_timeout_seconds": (1, MAX_SECONDS),
    "trusted_proxies": (0, 100),
    "drain_delay_seconds": (0, MAX_SECONDS),
    "drain_deadline_seconds": (0, MAX_SECONDS),
}
"""Minimum and maximum of each number; the chart's values.schema.json has the same."""
SHA256 = re.compile("[0-9a-f]{64}")
NAME = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
PROTOCOLS = ("kserve", "open-inference", "mlflow", "vertex")
"""By what their clients are called; mlflow is also SageMaker's."""
RENAMED_KEYS = {
    "open_protocols": "unauthenticated_protocols",
    "reload_seconds": "reload_interval_seconds",
    "request_deadline_seconds": "request_timeout_seconds",
    "keep_alive_seconds": "keep_alive_timeout_seconds",
    "version_mismatch": "sklearn_version_mismatch",
}
"""Keys of version 0.1.0 and of its successors before 0.2.0, and their present names."""
CREDENTIALS = ("users", "secret")
URI_KEYS = ("model_path", *CREDENTIALS, "prediction_decoding")
STORAGE = "$AIP_STORAGE_URI"
OBJECT = re.compile(r"gs://[a-z0-9][a-z0-9._-]*/(.*[^/])")


@dataclass(frozen=True)
class Config:
    """What config.yaml says. The first four keys are the article's; each is a local path or gs://BUCKET/FILE."""

    model_path: str
    """The model as joblib or pickle wrote it; schema.json, golden.json and manifest.json beside it are used."""
    users: str = ""
    """JSON, user name -> password hash. Optional with unauthenticated_protocols; without it, nobody can log in."""
    secret: str = ""
    """The key that signs tokens; several lines are several keys: the first signs, all verify. Left out with users."""
    prediction_decoding: str | None = None
    """JSON, class -> text of the answer. Without it the model's own values are the answer."""
    model_name: str = "model"
    """What KServe's and Open Inference clients call the model: a part of their paths."""
    unauthenticated_protocols: tuple[str, ...] = ()
    """What is answered without a token, where a door before the server asks who comes: of PROTOCOLS."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may call the server from a browser, each as "https://HOST"; "*" is all."""
    access_log: bool = False
    """A line of JSON on stdout for each answer."""
    model_sha256: str | None = None
    """The SHA-256 of manifest.json, or of the model where there is no manifest; anything else is never unpickled."""
    trusted_globals: tuple[str, ...] = ()
    """What a pickle may name beside scikit-learn's own estimators, each as "module.name"."""
    sklearn_version_mismatch: Literal["strict", "warn"] = "strict"
    """A pickle of another scikit-learn is refused, or loaded with a warning."""
    untested_model: Literal["refuse", "warn"] = "refuse"
    """A model for which no row is known that it answers is refused, or loaded with a warning."""
    extra_columns: Literal["ignore", "refuse"] = "ignore"
    """Columns of a request that the model has not are ignored and counted, or refused with 400."""
    max_model_bytes: int = 512 * 1024**2
    """A larger model is not read."""
    cache_path: str | None = None
    """A folder that keeps what was last loaded from gs://, for a start while the bucket cannot be reached."""
    reload_interval_seconds: float = 30
    """How often changed artifacts are looked for; 0 is never."""
    compile: bool = True
    """Compile the model and serve that, if it is proved equal; false: scikit-learn itself predicts."""
    max_body_bytes: int = 1024 * 1024
    """Larger requests are refused with 413. About 10,000 census rows."""
    max_rows: int = 10_000
    """More rows in a request are refused."""
    request_timeout_seconds: float = 30
    """A client has this long to send a whole request, and to take its answer."""
    keep_alive_timeout_seconds: float = 620
    """A silent connection is closed after this long. Google's load balancer keeps its own for 600."""
    trusted_proxies: int = 0
    """How many proxies append to X-Forwarded-For; 2 behind Google's load balancer, 0 where clients connect directly."""
    drain_delay_seconds: float = 5
    """After SIGTERM new connections are still served for this long, until every load balancer has heard of the end."""
    drain_deadline_seconds: float = 20
    """After the delay, requests in flight have this long to finish."""


class _InvalidConfigError(yaml.MarkedYAMLError):
    """YAML that config.yaml must not have; `problem` says what."""


class _StrictLoader(yaml.SafeLoader):
    """Refuses aliases, of which a few lines expand to a thousand million values, and a key that stands twice."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise _InvalidConfigError(problem="an alias", problem_mark=self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = set()
        for key, _value in node.value:
            if key.value in names and isinstance(key, yaml.ScalarNode):
                raise _InvalidConfigError(
                    problem=f"the key {key.value} stands twice, again", problem_mark=key.start_mark
                )
            names.update([key.value] if isinstance(key, yaml.ScalarNode) else [])
        return super().construct_mapping(node, deep)


def load(path: str, storage: str | None = None) -> Config:
    """Read and check config.yaml. `storage` is what $AIP_STORAGE_URI is in its paths.

    Raises ConfigError for whatever is missing, unknown, or of the wrong kind.
    """
    try:
        with Path(path).open("rb") as file:
            text = file.read(MAX_BYTES + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"config: {path}: {reason}") from error
    if len(text) > MAX_BYTES:
        raise ConfigError(f"config: {path}: larger than {MAX_BYTES} bytes")
    try:
        values = yaml.load(text, _StrictLoader)  # noqa: S506  # it is a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date or number that is none
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        reason = str(error.problem) if isinstance(error, _InvalidConfigError) else "not YAML"
        raise ConfigError(f"config: {path}: {reason}{where}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"config: {path}: must be a mapping of keys to values")
    return _checked({key: _placed(value, storage) for key, value in values.items()}, path)


def _placed(value: object, storage: str | None) -> object:
    """Vertex AI copies a model to a bucket of its own, and says by the environment where that is."""
    if storage is None or not isinstance(value, str) or not value.startswith(f"{STORAGE}/"):
        return value
    return storage.rstrip("/") + value.removeprefix(STORAGE)


def _checked(values: dict[Any, Any], path: str) -> Config:
    fields = {field.name: field for field in dataclasses.fields(Config)}
    for key in values:
        if key in RENAMED_KEYS:
            raise ConfigError(f"config: {path}: {key}: unknown key; it is now called {RENAMED_KEYS[key]}")
        if key not in fields:
            raise ConfigError(f"config: {path}: {key}: unknown key; known are {', '.join(fields)}")
    credentials = [name for name in CREDENTIALS if values.get(name) is not None]
    wanted = ["model_path", *(CREDENTIALS if credentials or not values.get("unauthenticated_protocols") else ())]
    for name in wanted:
        if values.get(name) is None:
            raise ConfigError(f"config: {path}: {name}: missing")
    given = {key: value for key, value in values.items() if value is not None}
    types_ = typing.get_type_hints(Config)
    for key, value in given.items():
        if reason := _wrong(key, value, types_[key]):
            raise ConfigError(f"config: {path}: {key}: {reason}")
    settings: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    return Config(**settings)


def _wrong(key: str, value: object, kind: Any) -> str | None:
    """The reason why the value cannot be used, or None."""
    if key in URI_KEYS:
        return None if _is_path(value) or _is_object(value) else "must be a path or gs://BUCKET/FILE"
    if kind is bool:
        return None if isinstance(value, bool) else "must be true or false"
    if kind in (int, float):
        return _wrong_number(value, kind, *BOUNDS[key])
    if key == "trusted_globals":
        if not isinstance(value, list) or not all(isinstance(name, str) and "." in name for name in value):
            return 'must be a list of "module.name"'
        return next((f"{name}: {reason}" for name in value if (reason := trusted_globals.reason_against(name))), None)
    if key == "unauthenticated_protocols":
        known = isinstance(value, list) and all(name in PROTOCOLS for name in value)
        return None if known else f"must be a list of {', '.join(PROTOCOLS)}"
    if key == "cors_origins":
        return _wrong_origins(value)
    if choices := typing.get_args(kind) if typing.get_origin(kind) is Literal else ():
        return None if value in choices else f"must be {' or '.join(choices)}"
    if key == "model_name":
        if isinstance(value, str) and NAME.fullmatch(value):
            return None
        return "must be text of letters, digits, dots, dashes and underscores, at most 63"
    if key == "model_sha256":
        is_digest = isinstance(value, str) and SHA256.fullmatch(value)
        return None if is_digest else "must be 64 hexadecimal digits in lower case, in quotes"
    return None if _is_path(value) else "must be a path"


def _is_path(value: object) -> bool:
    """Whether it is text that names a file here, and nothing that is, or was meant to be, a URI."""
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and ":" not in value.split("/")[0]


def _is_object(value: object) -> bool:
    """Whether it names one object of a bucket. With "::" fsspec would go on from there to other stores."""
    if not isinstance(value, str) or not value.isprintable() or not (found := OBJECT.fullmatch(value)):
        return False
    return "::" not in value and ".." not in found[1].split("/")


def _wrong_origins(value: object) -> str | None:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        wrong = [each for each in value if each != cors.ANY and not cors.ORIGIN.fullmatch(each)]
        if not wrong:
            return None
    return 'must be a list of origins as browsers send them: "https://HOST", in lower case and without path, or "*"'


def _wrong_number(value: object, kind: type, least: float, most: float) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float if kind is float else int):
        return "must be a number" if kind is float else "must be a whole number"
    return None if least <= value <= most else f"must be between {least} and {most}"
