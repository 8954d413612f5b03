"""The model, the users and the signing keys, as one immutable value."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ml_census import auth
from ml_census.config import Config
from ml_census.engine.predictor import Predictor
from ml_census.errors import ArtifactError
from ml_census.models.manifest import MAX_SMALL_BYTES, ArtifactReader, read
from ml_census.models.model import ServedModel
from ml_census.storage import json_file

log = logging.getLogger(__name__)

Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class Artifacts:
    """The model, users and signing keys. A request uses one instance throughout, even if a reload happens meanwhile."""

    model: ServedModel
    users: Mapping[str, str]
    """The stored password of each user: a hash, or the password in plain text."""
    keys: auth.Keys

    @property
    def predictor(self) -> Predictor:
        """Return the predictor of the model."""
        return self.model.predictor


def load_users(config: Config, reader: ArtifactReader) -> dict[str, str]:
    """Return the stored password of each user; empty without `users` in the configuration. Raises ArtifactError."""
    return _load(reader, "users", config.users, _parse_users) if config.users else {}


def load_signing_keys(config: Config, reader: ArtifactReader) -> auth.Keys:
    """Return the keys that sign tokens; empty without `secret` in the configuration. Raises ArtifactError."""
    return _load(reader, "secret", config.secret, auth.parse_keys) if config.secret else ()


def log_warnings(config: Config, artifacts: Artifacts) -> None:
    """Log problems that do not prevent serving.

    Call this function after all artifacts are loaded, so that a failed start logs only its reason.
    """
    for warning in artifacts.model.warnings:
        log.warning("model_path: %s: %s", config.model_path, warning)
    _log_user_warnings(config.users, artifacts.users)


def _log_user_warnings(uri: str, users: Mapping[str, str]) -> None:
    if plaintext := auth.users_with_plaintext_password(users):
        log.warning("users: %s: %d password(s) in plain text; hash them with `ml-census user add`", uri, len(plaintext))
    if unusable := auth.users_without_login(users):
        log.warning("users: %s: %d user(s) cannot log in; `ml-census user add` prints the reason", uri, len(unusable))
    if weak := auth.users_with_weak_hash(users):
        log.warning("users: %s: %d weak password hash(es); replace them with `ml-census user add`", uri, len(weak))


def _parse_users(data: bytes) -> dict[str, str]:
    return auth.parse_users(json_file.parse(data))


def _load(reader: ArtifactReader, key: str, uri: str, parse: Callable[[bytes], Parsed]) -> Parsed:
    try:
        return parse(read(reader, key, uri, MAX_SMALL_BYTES))
    except (auth.CredentialsError, json_file.JsonError) as error:
        raise ArtifactError(key, uri, str(error)) from error
