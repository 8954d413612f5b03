"""Read artifacts, and hold what manifest.json says against them."""

import hashlib
from collections.abc import Mapping
from typing import Any, Protocol

from ml_census import storage
from ml_census.errors import ArtifactError
from ml_census.storage import json_file

MAX_TEXT_BYTES = 64 * 1024**2
"""Larger JSON or key files are not what their key says."""


class ArtifactReader(Protocol):
    """Where artifacts are read from: the store, or what was kept of it."""

    def read(self, uri: str, limit: int) -> bytes:
        """As storage.read."""


def read(reader: ArtifactReader, key: str, uri: str, limit: int = MAX_TEXT_BYTES) -> bytes:
    """The bytes at the URI. Raises ArtifactError."""
    try:
        return reader.read(uri, limit)
    except storage.StorageError as error:
        is_unavailable = isinstance(error, storage.StorageUnavailableError)
        raise ArtifactError(key, uri, str(error), is_storage_unavailable=is_unavailable) from error


def parse_json(key: str, uri: str, data: bytes) -> Any:
    """Return the value that a JSON file holds. Raises ArtifactError."""
    try:
        return json_file.parse(data)
    except json_file.JsonError as error:
        raise ArtifactError(key, uri, str(error)) from error


def parse_object(key: str, uri: str, data: bytes) -> dict[str, Any]:
    """Return the object that a JSON file holds. Raises ArtifactError."""
    document = parse_json(key, uri, data)
    if not isinstance(document, dict):
        raise ArtifactError(key, uri, "must be a JSON object")
    return document


class ModelFolder:
    """The folder of a published model. What manifest.json lists must be there and have the hash given there;
    without a manifest, and beside what it lists, any file may be missing.

    `sha256` is what the configuration wants of the manifest, or of the model where there is no manifest.
    """

    def __init__(self, model_path: str, reader: ArtifactReader, sha256: str | None = None) -> None:
        self.folder, name = storage.split(model_path)
        self._reader = reader
        self.manifest: Mapping[str, Any] = {}
        self.sha256: Mapping[str, str] = {}
        self.trusted: tuple[str, ...] = ()
        """Names that the model's pickle may use. The manifest lists them, and counts only if the configuration pins it
        by model_sha256: others who can write the folder could list names of their choice."""
        uri = self.uri("manifest.json")
        if (data := self.read_optional("manifest.json")) is None:
            self.sha256 = {name: sha256} if sha256 else {}
            return
        if sha256 and sha256 != (found := hashlib.sha256(data).hexdigest()):
            raise ArtifactError("model_path", uri, f"its SHA-256 is {found}, model_sha256 says {sha256}")
        self.manifest = parse_object("model_path", uri, data)
        files = self.manifest.get("files")
        if not isinstance(files, dict):
            raise ArtifactError("model_path", uri, 'must hold "files"')
        if sha256 and name not in files:
            raise ArtifactError("model_path", uri, f"does not list {name}, so that model_sha256 says nothing of it")
        self.sha256 = files
        self.trusted = self._trusted(uri) if sha256 else ()

    def _trusted(self, uri: str) -> tuple[str, ...]:
        """Return the names that the manifest lists as trusted."""
        names = self.manifest.get("trusted_globals", [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ArtifactError("model_path", uri, 'trusted_globals must be a list of "module.name"')
        return tuple(names)

    def uri(self, name: str) -> str:
        """The URI of a file beside the model."""
        return storage.join(self.folder, name)

    def read_optional(self, name: str) -> bytes | None:
        """A file beside the model, or None if there is none."""
        try:
            return self.read("model_path", self.uri(name))
        except ArtifactError as error:
            if isinstance(error.__cause__, storage.ObjectNotFoundError) and name not in self.sha256:
                return None
            raise

    def read(self, key: str, uri: str, limit: int = MAX_TEXT_BYTES) -> bytes:
        """Any file, checked if it is one of the manifest's."""
        data = read(self._reader, key, uri, limit)
        folder, name = storage.split(uri)
        wanted = self.sha256.get(name) if folder == self.folder else None
        if wanted is not None and wanted != (found := hashlib.sha256(data).hexdigest()):
            by = "manifest.json" if self.manifest else "model_sha256"
            reason = f"its SHA-256 is {found}, {by} says {wanted}"
            if name == "schema.json":
                raise ArtifactError(key, uri, f"{reason}; publish the model again with --schema and the edited file")
            raise ArtifactError(key, uri, reason)
        return data
