"""Read the files of a model folder, and compare them with the hashes of manifest.json."""

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
"""Maximum size of a file beside the model (default 64 MiB)."""
MAX_SMALL_BYTES = 1024**2
"""Maximum size of the file of users, of keys and of a decoding (default 1 MiB for each file)."""


class ArtifactReader(Protocol):
    """A source of artifacts: the storage, or a snapshot of it."""

    def read(self, uri: str, limit: int) -> bytes:
        """Return the bytes of a file. Raises StorageError, also for a file of more than `limit` bytes."""


def read(reader: ArtifactReader, key: str, uri: str, limit: int = MAX_TEXT_BYTES) -> bytes:
    """Return the bytes of a file. Raises ArtifactError, also for a file of more than `limit` bytes.

    `key` is the key of the configuration or the option that names the file.
    """
    try:
        return reader.read(uri, limit)
    except storage.StorageError as error:
        is_unavailable = isinstance(error, storage.StorageUnavailableError)
        raise ArtifactError(key, uri, str(error), is_storage_unavailable=is_unavailable) from error


def parse_json(key: str, uri: str, data: bytes) -> Any:
    """Return the value that a JSON file contains.

    `key` is the key of the configuration or the option that names the file. Raises ArtifactError if `data`, the
    content of the file, is not JSON.
    """
    try:
        return json_file.parse(data)
    except json_file.JsonError as error:
        raise ArtifactError(key, uri, str(error)) from error


def parse_object(key: str, uri: str, data: bytes) -> dict[str, Any]:
    """Return the object that a JSON file contains.

    `key` is the key of the configuration or the option that names the file. Raises ArtifactError if `data`, the
    content of the file, is not a JSON object.
    """
    document = parse_json(key, uri, data)
    if not isinstance(document, dict):
        raise ArtifactError(key, uri, "must be a JSON object")
    return document


class ModelFolder:
    """The folder of a model.

    A file that manifest.json lists must exist and have the listed hash. A file that manifest.json does not list may be
    missing. Without a manifest, each file except the model may be missing.
    """

    def __init__(self, model_path: str, reader: ArtifactReader, sha256: str | None = None) -> None:
        """Read manifest.json, if there is one.

        `sha256` is the expected hash of the manifest, or of the model in a folder without a manifest.
        Raises ArtifactError.
        """
        self.folder, name = storage.split(model_path)
        self._reader = reader
        self.manifest: Mapping[str, Any] = {}
        self.sha256: Mapping[str, str] = {}
        """The expected hash by file name."""
        self.trusted: tuple[str, ...] = ()
        """Globals that the model's pickle may reference, from a manifest that the configuration pins by model_sha256.

        A person who can write the folder could list any global in a manifest that is not pinned.
        """
        if (data := self.read_optional(MANIFEST)) is not None:
            self._use_manifest(data, name, sha256)
        elif sha256:
            self.sha256 = {name: sha256}

    def _use_manifest(self, data: bytes, name: str, sha256: str | None) -> None:
        """Verify and parse the manifest. `name` is the file name of the model, `sha256` the expected hash of `data`."""
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
        """Return the globals that the manifest lists as trusted."""
        names = self.manifest.get("trusted_globals", [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ArtifactError("model_path", uri, 'trusted_globals must be a list of "module.name"')
        return tuple(names)

    def uri(self, name: str) -> str:
        """Return the URI of a file beside the model."""
        return storage.join(self.folder, name)

    def read_optional(self, name: str) -> bytes | None:
        """Return the bytes of a file beside the model, or None if the file may be missing and does not exist.

        Raises ArtifactError, also for a missing file that manifest.json lists.
        """
        try:
            return self.read("model_path", self.uri(name))
        except ArtifactError as error:
            if isinstance(error.__cause__, storage.ObjectNotFoundError) and name not in self.sha256:
                return None
            raise

    def read(self, key: str, uri: str, limit: int = MAX_TEXT_BYTES) -> bytes:
        """Return the bytes of a file in this or another folder. Raises ArtifactError.

        A file of this folder that the manifest lists must have the listed hash.
        """
        data = read(self._reader, key, uri, limit)
        folder, name = storage.split(uri)
        if folder == self.folder and name in self.sha256:
            _verify(key, uri, data, self.sha256[name], MANIFEST if self.manifest else "model_sha256")
        return data


def _verify(key: str, uri: str, data: bytes, expected: str, source: str) -> None:
    """Raise ArtifactError if a file does not have the `expected` SHA-256, which comes from `source`."""
    actual = hashlib.sha256(data).hexdigest()
    if actual == expected:
        return
    reason = f"SHA-256 mismatch: the file has {actual}, {source} has {expected}"
    if uri.endswith(SCHEMA):
        reason += "; publish the model again with --schema and the edited file"
    raise ArtifactError(key, uri, reason)
