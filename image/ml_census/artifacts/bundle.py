"""Everything that a request needs: read, checked and tried out as one value. Nothing half-loaded ever serves."""

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from ml_census import auth
from ml_census.config import Config
from ml_census.engine.predictor import PredictionError, Predictor, describe_failure, predict_example
from ml_census.errors import ArtifactError
from ml_census.models import class_labels, loading
from ml_census.models.manifest import ArtifactReader, ModelFolder, parse_object, read
from ml_census.models.model import SandboxResult, ServedModel
from ml_census.schema import InvalidRowsError
from ml_census.storage import json_file

log = logging.getLogger(__name__)

Parsed = TypeVar("Parsed")
Fields = dict[str, Any]
"""Some fields of Artifacts: what is loaded together."""

MAX_SMALL_BYTES = 1024**2
"""Of users, keys and a decoding, each."""
REMEDY = "publish it with --golden rows, or with a --schema that has the columns' types; untested_model: warn loads it"
TOLERANCE = 1e-9
"""Golden probabilities may differ by so much: other processors and libraries sum in other orders."""


@dataclass(frozen=True)
class Artifacts:
    """What one request works on from its start to its end."""

    model: ServedModel
    labels: Mapping[Any, str] | None
    """The model's class -> the text that is answered; None: the model's own values are the answer."""
    users: Mapping[str, str]
    keys: auth.Keys
    report: bytes | None = None
    """A page of HTML on how the model was trained and how good it is."""
    sample: Any = None
    """What the model answers to one row, not decoded; None if no row is known that it answers."""

    @property
    def predictor(self) -> Predictor:
        return self.model.predictor

    def decoded(self, predictions: list[Any]) -> list[Any]:
        """The model's answers as the client gets them."""
        return _decoded(self.labels, predictions)


def load(config: Config, reader: ArtifactReader, proved: Callable[[], SandboxResult] | None = None) -> Artifacts:
    """Read and check all artifacts. Raises ArtifactError."""
    credentials = load_users(config, reader) | load_signing_keys(config, reader)
    artifacts = Artifacts(**credentials, **load_model(config, reader, proved))
    log_warnings(config, artifacts)
    return artifacts


def load_users(config: Config, reader: ArtifactReader) -> Fields:
    """Who may log in: nobody, where none are told of. Raises ArtifactError."""
    return {"users": _parsed(reader, "users", config.users, _parse_users) if config.users else {}}


def load_signing_keys(config: Config, reader: ArtifactReader) -> Fields:
    """What signs tokens. Raises ArtifactError."""
    return {"keys": _parsed(reader, "secret", config.secret, auth.parse_keys) if config.secret else ()}


def load_model(config: Config, reader: ArtifactReader, proved: Callable[[], SandboxResult] | None = None) -> Fields:
    """The model and all that belongs to it. `proved` tries a pickled model out elsewhere, before it is loaded here.

    Raises ArtifactError.
    """
    folder = ModelFolder(config.model_path, reader, config.model_sha256)
    if proved is not None:
        prefetch(config, folder)
    model = loading.load(config, folder, proved)
    classes = model.predictor.classes
    labels = _labels(config.prediction_decoding, folder, classes) if config.prediction_decoding else None
    sample = run_self_test(config, model.predictor, labels, folder)
    return {"model": model, "labels": labels, "report": folder.read_optional("report.html"), "sample": sample}


def log_warnings(config: Config, artifacts: Artifacts) -> None:
    """Log what is not as it should be, and no reason to refuse it. Once all is loaded: a start that fails says one
    thing."""
    for warning in artifacts.model.warnings:
        log.warning("model_path: %s: %s", config.model_path, warning)
    if clear := auth.users_with_plaintext_password(artifacts.users):
        log.warning("users: %s: %d password(s) in clear; `ml-census user add` hashes them", config.users, len(clear))
    if unusable := auth.users_without_login(artifacts.users):
        log.warning("users: %s: %d user(s) cannot log in: `ml-census user add` says why", config.users, len(unusable))
    if weak := auth.users_with_weak_hash(artifacts.users):
        log.warning("users: %s: %d weak hash(es); `ml-census user add` makes better ones", config.users, len(weak))


def prefetch(config: Config, folder: ModelFolder) -> None:
    """The process that tries a model out sees only what was read before it."""
    folder.read("model_path", config.model_path, config.max_model_bytes)
    for name in ("schema.json", "golden.json", "report.html"):
        folder.read_optional(name)
    if config.prediction_decoding:
        folder.read("prediction_decoding", config.prediction_decoding, MAX_SMALL_BYTES)


def _parse_users(data: bytes) -> dict[str, str]:
    return auth.parse_users(json_file.parse(data))


def _parsed(reader: ArtifactReader, key: str, uri: str, parse: Callable[[bytes], Parsed]) -> Parsed:
    try:
        return parse(read(reader, key, uri, MAX_SMALL_BYTES))
    except (auth.CredentialsError, json_file.JsonError) as error:
        raise ArtifactError(key, uri, str(error)) from error


def _labels(uri: str, folder: ModelFolder, classes: list[Any] | None) -> dict[Any, str]:
    key = "prediction_decoding"
    try:
        return class_labels.labels(parse_object(key, uri, folder.read(key, uri, MAX_SMALL_BYTES)), classes)
    except class_labels.DecodingError as error:
        raise ArtifactError(key, uri, str(error)) from error


def _decoded(labels: Mapping[Any, str] | None, predictions: list[Any]) -> list[Any]:
    # An answer beyond the classes, as an outlier's label, is answered as it is.
    return predictions if labels is None else [labels.get(value, value) for value in predictions]


def run_self_test(config: Config, predictor: Predictor, labels: Mapping[Any, str] | None, folder: ModelFolder) -> Any:
    """Let the model predict before anyone asks: one row made from its schema, and the golden rows if there are any.
    Returns one answer, or None if there was no such row."""
    data = folder.read_optional("golden.json")
    sample: Any = None
    try:
        try:
            (sample,) = predict_example(predictor)
        except PredictionError as error:
            if data is None:
                _untested(config, describe_failure(error))
        if data is not None:
            uri = folder.uri("golden.json")
            golden = check_golden_rows(predictor, labels, uri, parse_object("model_path", uri, data))
            sample = golden if sample is None else sample
    except PredictionError as error:
        reason = describe_failure(error)
        raise ArtifactError("model_path", config.model_path, reason) from error
    return sample


def _untested(config: Config, reason: str) -> None:
    """No row is known that the model answers."""
    if config.untested_model == "refuse":
        raise ArtifactError("model_path", config.model_path, f"{reason}; {REMEDY}")
    log.warning("model_path: %s: %s; it is served untested", config.model_path, reason)


def check_golden_rows(
    predictor: Predictor, labels: Mapping[Any, str] | None, uri: str, golden: Mapping[str, Any]
) -> Any:
    try:
        rows = predictor.schema.validate_rows(golden["rows"]).columns
        expected = list(golden["predictions"])
        probabilities = list(golden.get("probabilities", []))
        _flat(probabilities)
    except (KeyError, TypeError, ValueError, InvalidRowsError) as error:
        raise ArtifactError("model_path", uri, f"its rows cannot be used: {error}") from error
    if len(expected) != len(rows[0]) or len(probabilities) not in (0, len(expected)):
        raise ArtifactError("model_path", uri, "must hold one prediction a row, and one list of probabilities or none")
    raw = predictor.predict(rows)
    answers = _decoded(labels, raw)
    for number, (got, wanted) in enumerate(zip(answers, expected, strict=True)):
        decoded_there_alone = labels is None and isinstance(wanted, str) and not isinstance(got, str)
        close = isinstance(got, float) and isinstance(wanted, int | float) and math.isclose(got, wanted, rel_tol=1e-9)
        if got != wanted and not close and not decoded_there_alone:
            raise ArtifactError("model_path", uri, f"the model answers row {number} otherwise")
    if not probabilities:
        return raw[0]
    if not predictor.has_probabilities:
        raise ArtifactError("model_path", uri, "has probabilities, and the model has none")
    shares, wanted_shares = _flat(predictor.probabilities(rows)), _flat(probabilities)
    if shares.shape != wanted_shares.shape or np.abs(shares - wanted_shares).max() > TOLERANCE:
        raise ArtifactError("model_path", uri, "the model answers with other probabilities")
    return raw[0]


def _flat(rows: Any) -> np.ndarray:
    """The probabilities of lists, and of lists of lists of several lengths, one after the other."""
    while any(isinstance(row, list) for row in rows):
        rows = [each for row in rows for each in row]
    return np.array(rows, dtype=np.float64)
