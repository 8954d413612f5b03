"""Read the files in the folder of a model, and compare the SHA-256 of each file with manifest.json."""

import hashlib
from collections.abc import Mapping
from typing import Any, Protocol

from ml_census import storage
from ml_census.errors import ArtifactError
from ml_census.storage import json_file

MODEL = "model.pkl"
COMPILED = "compiled.npz"
SCHEMA = "schema.json"
DECODING = "prediction_decoding.json"
GOLDEN = "golden.json"
REPORT = "report.html"
MANIFEST = "manifest.json"
MAX_TEXT_BYTES = 64 * 1024**2
"""Default maximum size of a file that `read` returns, such as schema.json or
golden.json (64 MiB)."""
MAX_SMALL_BYTES = 1024**2
"""Maximum size of each file that `users`, `secret` or `prediction_decoding` in
config.yaml names (1 MiB)."""


class ArtifactReader(Protocol):
    """A source of files: the module ml_census.storage, or a Snapshot of files."""

    def read(self, uri: str, limit: int) -> bytes:
        """Return the content of the file at a URI.

        Raises StorageError if the file cannot be read or has more than `limit` bytes.
        """


def read(reader: ArtifactReader, key: str, uri: str, limit: int = MAX_TEXT_BYTES) -> bytes:
    """Return the content of the file at a URI.

    `key` is the configuration key or command-line option that names the file, for the
    error message. Raises ArtifactError if the file cannot be read or has more than
    `limit` bytes.
    """
    try:
        return reader.read(uri, limit)
    except storage.StorageError as error:
        is_unavailable = isinstance(error, storage.StorageUnavailableError)
        raise ArtifactError(key, uri, str(error), is_storage_unavailable=is_unavailable) from error


def parse_json(key: str, uri: str, data: bytes) -> Any:
    """Return the value of a JSON file. `data` is the content of the file.

    `key` is the configuration key or command-line option that names the file. `key` and
    `uri` are parts of the error message. Raises ArtifactError if `data` is not JSON, or
    has an object with a duplicate key.
    """
    try:
        return json_file.parse(data)
    except json_file.JsonError as error:
        raise ArtifactError(key, uri, str(error)) from error


def parse_object(key: str, uri: str, data: bytes) -> dict[str, Any]:
    """Return the object of a JSON file. `data` is the content of the file.

    `key` is the configuration key or command-line option that names the file. `key` and
    `uri` are parts of the error message. Raises ArtifactError if `data` is not a JSON
    object, or has an object with a duplicate key.
    """
    document = parse_json(key, uri, data)
    if not isinstance(document, dict):
        raise ArtifactError(key, uri, "must be a JSON object")
    return document


class ModelFolder:
    """The folder of a model file. Methods read files, and compare each file with its SHA-256 in manifest.json.

    A file that manifest.json lists must exist and have the listed SHA-256. The model
    file must also exist. All other files are optional, including manifest.json.
    """

    def __init__(self, model_path: str, reader: ArtifactReader, sha256: str | None = None) -> None:
        """Read manifest.json if the file exists.

        `model_path` is the URI of the model file, and `reader` reads all files.
        `sha256` is the expected SHA-256 of manifest.json, or of the model file in a
        folder without manifest.json. Raises ArtifactError if manifest.json cannot be
        read or is invalid. With `sha256`, raises ArtifactError also if manifest.json
        has another SHA-256 or does not list the model file.
        """
        self.folder, name = storage.split(model_path)
        self._reader = reader
        self.manifest: Mapping[str, Any] = {}
        self.sha256: Mapping[str, str] = {}
        """The expected SHA-256 by file name."""
        self.trusted: tuple[str, ...] = ()
        """Classes and functions that the pickle may reference beside those of scikit-learn, each "module.name".

        The names come from trusted_globals in manifest.json. Without `sha256` the tuple
        is empty, because anyone who can write to the folder could add names to
        manifest.json.
        """
        if (data := self.read_optional(MANIFEST)) is not None:
            self._use_manifest(data, name, sha256)
        elif sha256:
            self.sha256 = {name: sha256}

    def _use_manifest(self, data: bytes, name: str, sha256: str | None) -> None:
        """Check and parse manifest.json. `name` is the file name of the model, `sha256` the expected hash of `data`."""
        uri = self.uri(MANIFEST)
        if sha256:
            _verify("model_path", uri, data, sha256, "model_sha256")
        self.manifest = parse_object("model_path", uri, data)
        self.sha256 = self._files(uri)
        if sha256 and name not in self.sha256:
            raise ArtifactError("model_path", uri, f"does not list {name}, so model_sha256 does not protect the file")
        self.trusted = self._trusted(uri) if sha256 else ()

    def _files(self, uri: str) -> dict[str, str]:
        files = self.manifest.get("files")
        if not isinstance(files, dict):
            raise ArtifactError("model_path", uri, 'must hold "files", an object of file name to SHA-256')
        return files

    def _trusted(self, uri: str) -> tuple[str, ...]:
        """Return trusted_globals of manifest.json. Raises ArtifactError if the value is not a list of texts."""
        names = self.manifest.get("trusted_globals", [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ArtifactError("model_path", uri, 'trusted_globals must be a list of "module.name"')
        return tuple(names)

    def optional_text(self, key: str) -> str | None:
        """Return the text of a key of manifest.json, or None without this key or with empty text.

        Raises ArtifactError if the value is not text.
        """
        value = self.manifest.get(key)
        if value is not None and not isinstance(value, str):
            raise ArtifactError("model_path", self.uri(MANIFEST), f"{key} must be text")
        return value or None

    def uri(self, name: str) -> str:
        """Return the URI of the file `name` in the folder of the model."""
        return storage.join(self.folder, name)

    def read_optional(self, name: str) -> bytes | None:
        """Return the content of the file `name` in the folder, or None if the file does not exist.

        Raises ArtifactError if the file cannot be read or has more than MAX_TEXT_BYTES
        bytes. If manifest.json lists the file, raises ArtifactError also if the file
        does not exist or has another SHA-256.
        """
        try:
            return self.read("model_path", self.uri(name))
        except ArtifactError as error:
            if isinstance(error.__cause__, storage.ObjectNotFoundError) and name not in self.sha256:
                return None
            raise

    def read(self, key: str, uri: str, limit: int = MAX_TEXT_BYTES) -> bytes:
        """Return the content of the file at a URI, in this or another folder.

        `key` is the configuration key or command-line option that names the file.
        Raises ArtifactError if the file cannot be read, has more than `limit` bytes, or
        is in this folder with another SHA-256 than the expected one.
        """
        data = read(self._reader, key, uri, limit)
        folder, name = storage.split(uri)
        if folder == self.folder and name in self.sha256:
            _verify(key, uri, data, self.sha256[name], MANIFEST if self.manifest else "model_sha256")
        return data


def _verify(key: str, uri: str, data: bytes, expected: str, source: str) -> None:
    """Raise ArtifactError if the SHA-256 of `data` is not `expected`. `source` names the origin of `expected`."""
    actual = hashlib.sha256(data).hexdigest()
    if actual == expected:
        return
    reason = f"SHA-256 mismatch: the file has {actual}, {source} has {expected}"
    if uri.endswith(SCHEMA):
        reason += "; publish the model again with --schema and the edited file"
    raise ArtifactError(key, uri, reason)
