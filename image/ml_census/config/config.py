"""The keys of config.yaml with defaults. The metadata of each dataclass field has a validator for the value."""

from dataclasses import dataclass, field
from typing import Literal

from ml_census.config import validators
from ml_census.config.validators import Number, Validator

MAX_SECONDS = 10_000_000
"""Maximum of all times in the configuration, in seconds (115 days). Python's timers
overflow at 292 years."""
PROTOCOLS = ("kserve", "open-inference", "mlflow", "vertex")
"""Names of all protocols except the native one (/prediction). SageMaker uses the
protocol mlflow."""
DEFAULT_MODEL_NAME = "model"
CREDENTIALS = ("users", "secret")
"""Keys that name the files with passwords and signing keys."""

VersionMismatch = Literal["strict", "warn"]
UntestedModel = Literal["refuse", "warn"]
ExtraColumns = Literal["ignore", "refuse"]


def checked_by(validator: Validator) -> dict[str, Validator]:
    """Return the metadata of a dataclass field, with the validator of the field's value."""
    return {"validator": validator}


@dataclass(frozen=True)
class Config:
    """The values of config.yaml. The first four are paths or gs://BUCKET/FILE; the names of these keys never change."""

    model_path: str = field(metadata=checked_by(validators.path_or_object))
    """Model file of joblib or pickle. Its folder may also have schema.json, golden.json
    and manifest.json."""
    users: str = field(default="", metadata=checked_by(validators.path_or_object))
    """JSON file with a password hash for each user. Optional if
    unauthenticated_protocols is set."""
    secret: str = field(default="", metadata=checked_by(validators.path_or_object))
    """File of keys, one per line. The first key signs tokens, and all keys verify tokens.

    An operator sets both `users` and `secret`, or neither.
    """
    prediction_decoding: str | None = field(default=None, metadata=checked_by(validators.path_or_object))
    """JSON file with a text for each class. Responses have this text in place of the
    class; None: the class itself."""
    model_name: str = field(default=DEFAULT_MODEL_NAME, metadata=checked_by(validators.model_name))
    """Name of the model in the URL paths of the protocols KServe and Open Inference,
    and title of the web page."""
    description: str = field(default="", metadata=checked_by(validators.description))
    """Description of the model on the web page. Empty: the description in
    manifest.json."""
    unauthenticated_protocols: tuple[str, ...] = field(default=(), metadata=checked_by(validators.subset(PROTOCOLS)))
    """Protocols whose requests need no token. Set this key only behind a proxy that
    authenticates clients."""
    cors_origins: tuple[str, ...] = field(default=(), metadata=checked_by(validators.origins))
    """Origins whose web pages may call the server from a browser, each as
    "https://HOST"; "*" permits all origins."""
    access_log: bool = field(default=False, metadata=checked_by(validators.boolean))
    """Write a line of JSON to stdout for each response, except responses to probes."""
    model_sha256: str | None = field(default=None, metadata=checked_by(validators.sha256))
    """SHA-256 of manifest.json, or of the model file without a manifest. The server
    rejects files with another one."""
    trusted_globals: tuple[str, ...] = field(default=(), metadata=checked_by(validators.global_names))
    """Further classes and functions ("module.name") that a pickle may use.
    scikit-learn's own need no entry."""
    sklearn_version_mismatch: VersionMismatch = field(
        default="strict", metadata=checked_by(validators.choice(VersionMismatch))
    )
    """For a pickle of another scikit-learn version: "strict" rejects the pickle, "warn"
    loads it with a warning."""
    untested_model: UntestedModel = field(default="refuse", metadata=checked_by(validators.choice(UntestedModel)))
    """If the server knows no row that the model accepts: "refuse" rejects the model,
    "warn" loads it with a warning."""
    extra_columns: ExtraColumns = field(default="ignore", metadata=checked_by(validators.choice(ExtraColumns)))
    """For columns that the model does not have: "ignore" drops and counts the columns,
    "refuse" rejects the request."""
    max_model_bytes: int = field(default=512 * 1024**2, metadata=checked_by(Number(1, 1024**4)))
    """Maximum size of the model file, in bytes."""
    cache_path: str | None = field(default=None, metadata=checked_by(validators.path))
    """Folder for copies of the files from gs://; None: no copies.

    The server starts with these copies if the bucket is unavailable or its files are
    invalid.
    """
    reload_interval_seconds: float = field(default=30, metadata=checked_by(Number(0, MAX_SECONDS, is_whole=False)))
    """Interval of the checks for changed model, users and key files, in seconds; 0
    disables the checks."""
    compile: bool = field(default=True, metadata=checked_by(validators.boolean))
    """Compile the model, so that the server predicts without scikit-learn.

    If predictions for sampled rows differ between the compiled model and scikit-learn,
    the server uses scikit-learn.
    """
    max_body_bytes: int = field(default=1024**2, metadata=checked_by(Number(1, 1024**3)))
    """Maximum size of a request body, in bytes. The default permits about 10,000 census
    rows."""
    max_rows: int = field(default=10_000, metadata=checked_by(Number(1, 1_000_000_000)))
    """Maximum number of rows in a request."""
    request_timeout_seconds: float = field(default=30, metadata=checked_by(Number(1, MAX_SECONDS, is_whole=False)))
    """Maximum time for a client to send a request, and to receive the response, in
    seconds."""
    keep_alive_timeout_seconds: float = field(default=620, metadata=checked_by(Number(1, MAX_SECONDS, is_whole=False)))
    """Time after which the server closes an idle connection, in seconds; over 600 for
    Google's load balancer."""
    trusted_proxies: int = field(default=0, metadata=checked_by(Number(0, 100)))
    """Number of addresses that proxies append to X-Forwarded-For: 2 for Google's load
    balancer, 0 without a proxy."""
    drain_delay_seconds: float = field(default=5, metadata=checked_by(Number(0, MAX_SECONDS, is_whole=False)))
    """Time after SIGTERM in which load balancers remove the pod and the server accepts
    connections, in seconds."""
    drain_deadline_seconds: float = field(default=20, metadata=checked_by(Number(0, MAX_SECONDS, is_whole=False)))
    """Time after drain_delay_seconds in which requests can finish, in seconds."""
