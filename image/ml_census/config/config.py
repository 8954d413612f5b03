"""The configuration with its defaults. The metadata of each field holds its validator."""

from dataclasses import dataclass, field
from typing import Literal

from ml_census.config import validators
from ml_census.config.validators import Number, Validator

MAX_SECONDS = 10_000_000
"""Python's timers overflow after 292 years."""
PROTOCOLS = ("kserve", "open-inference", "mlflow", "vertex")
"""Names of the protocols beside the native one; mlflow is also SageMaker's."""
CREDENTIALS = ("users", "secret")

VersionMismatch = Literal["strict", "warn"]
UntestedModel = Literal["refuse", "warn"]
ExtraColumns = Literal["ignore", "refuse"]


def checked_by(validator: Validator) -> dict[str, Validator]:
    """Return the metadata of a field."""
    return {"validator": validator}


@dataclass(frozen=True)
class Config:
    """The values of config.yaml. The first four keys never change; each is a local path or gs://BUCKET/FILE."""

    model_path: str = field(metadata=checked_by(validators.path_or_object))
    """The model as joblib or pickle wrote it; schema.json, golden.json and manifest.json beside it are used."""
    users: str = field(default="", metadata=checked_by(validators.path_or_object))
    """JSON, user name -> password hash. Optional with unauthenticated_protocols; without it, no user can log in."""
    secret: str = field(default="", metadata=checked_by(validators.path_or_object))
    """Signing keys of tokens, one per line: the first signs, all verify. Optional if `users` is."""
    prediction_decoding: str | None = field(default=None, metadata=checked_by(validators.path_or_object))
    """JSON, class -> text of the prediction. Without it, predictions are the model's own values."""
    model_name: str = field(default="model", metadata=checked_by(validators.model_name))
    """Name of the model in the paths of KServe and Open Inference."""
    unauthenticated_protocols: tuple[str, ...] = field(default=(), metadata=checked_by(validators.subset(PROTOCOLS)))
    """Protocols served without authentication. Use only behind an authenticating proxy."""
    cors_origins: tuple[str, ...] = field(default=(), metadata=checked_by(validators.origins))
    """Origins whose pages may call the server from a browser, each as "https://HOST"; "*" permits all."""
    access_log: bool = field(default=False, metadata=checked_by(validators.boolean))
    """Log each response as a line of JSON on stdout."""
    model_sha256: str | None = field(default=None, metadata=checked_by(validators.sha256))
    """SHA-256 of manifest.json, or of the model without a manifest. A file with another one is never unpickled."""
    trusted_globals: tuple[str, ...] = field(default=(), metadata=checked_by(validators.global_names))
    """Globals that a pickle may reference beside scikit-learn's own estimators, each as "module.name"."""
    sklearn_version_mismatch: VersionMismatch = field(
        default="strict", metadata=checked_by(validators.choice(VersionMismatch))
    )
    """Reject a pickle of another scikit-learn version, or load it with a warning."""
    untested_model: UntestedModel = field(default="refuse", metadata=checked_by(validators.choice(UntestedModel)))
    """Reject a model without a row that it is known to predict, or load it with a warning."""
    extra_columns: ExtraColumns = field(default="ignore", metadata=checked_by(validators.choice(ExtraColumns)))
    """Ignore and count columns of a request that the model does not have, or reject the request with 400."""
    max_model_bytes: int = field(default=512 * 1024**2, metadata=checked_by(Number(1, 1024**4)))
    """Maximum size of the model file, in bytes."""
    cache_path: str | None = field(default=None, metadata=checked_by(validators.path))
    """Folder for the last artifacts from gs://, used at a start while the bucket is unavailable."""
    reload_interval_seconds: float = field(default=30, metadata=checked_by(Number(0, MAX_SECONDS, is_whole=False)))
    """Time between two polls for changed artifacts, in seconds; 0 turns them off."""
    compile: bool = field(default=True, metadata=checked_by(validators.boolean))
    """Serve the compiled model if it predicts sampled rows as scikit-learn does; false: scikit-learn predicts."""
    max_body_bytes: int = field(default=1024**2, metadata=checked_by(Number(1, 1024**3)))
    """Maximum size of a request body, in bytes: about 10,000 census rows. The server buffers up to twice as much."""
    max_rows: int = field(default=10_000, metadata=checked_by(Number(1, 1_000_000_000)))
    """Maximum number of rows in a request."""
    request_timeout_seconds: float = field(default=30, metadata=checked_by(Number(1, MAX_SECONDS, is_whole=False)))
    """Timeout for a client to send a request, and to receive its response."""
    keep_alive_timeout_seconds: float = field(default=620, metadata=checked_by(Number(1, MAX_SECONDS, is_whole=False)))
    """Time until an idle connection is closed. Google's load balancer keeps its own for 600 s."""
    trusted_proxies: int = field(default=0, metadata=checked_by(Number(0, 100)))
    """Number of proxies that append to X-Forwarded-For: 2 behind Google's load balancer, 0 without a proxy."""
    drain_delay_seconds: float = field(default=5, metadata=checked_by(Number(0, MAX_SECONDS, is_whole=False)))
    """Time after SIGTERM in which new connections are served, until each load balancer knows that the pod ends."""
    drain_deadline_seconds: float = field(default=20, metadata=checked_by(Number(0, MAX_SECONDS, is_whole=False)))
    """Time after the delay in which requests in flight can finish."""
