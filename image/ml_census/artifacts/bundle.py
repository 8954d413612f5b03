"""Load the users and the signing keys, and combine model, users and keys in one immutable object."""

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
    """The model, users and signing keys. A request uses one instance from start to end, also during a reload."""

    model: ServedModel
    users: Mapping[str, str]
    """The stored password by user name: a hash, or the password in plain text."""
    keys: auth.Keys
    """Key id and signing key of each key. The first key signs tokens, and all keys
    verify tokens."""

    @property
    def predictor(self) -> Predictor:
        """Return the predictor of the model."""
        return self.model.predictor


def load_users(config: Config, reader: ArtifactReader) -> dict[str, str]:
    """Return the stored password by user name, from the file that the configuration key `users` names.

    A stored password is a hash or plain text. The result is empty if the configuration
    names no such file. Raises ArtifactError if the file cannot be read or is invalid.
    """
    return _load(reader, "users", config.users, _parse_users) if config.users else {}


def load_signing_keys(config: Config, reader: ArtifactReader) -> auth.Keys:
    """Return the keys that sign and verify tokens, from the file that the configuration key `secret` names.

    The result is empty if the configuration names no such file. Raises ArtifactError if
    the file cannot be read or is invalid.
    """
    return _load(reader, "secret", config.secret, auth.parse_keys) if config.secret else ()


def log_warnings(config: Config, artifacts: Artifacts) -> None:
    """Log warnings about the model and the stored passwords, such as passwords in plain text.

    Call this function after all artifacts are loaded. If loading fails, the log then
    contains only the error.
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
