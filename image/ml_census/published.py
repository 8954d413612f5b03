"""Read artifacts, and hold what manifest.json says against them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ml_census import storage

MAX_TEXT_BYTES = 64 * 1024**2
"""Larger JSON or key files are not what their key says."""


class ArtifactError(Exception):
    """An artifact cannot be used; the message names the config key, the URI and the reason in one line."""

    def __init__(self, key: str, uri: str, reason: str) -> None:
        super().__init__(f"{key}: {uri}: {' '.join(reason.split())}")


def read(key: str, uri: str, limit: int = MAX_TEXT_BYTES) -> bytes:
    """The bytes at the URI. Raises ArtifactError."""
    try:
        return storage.read(uri, limit)
    except storage.StorageError as error:
        raise ArtifactError(key, uri, str(error)) from error


def parse_object(key: str, uri: str, data: bytes) -> dict[str, Any]:
    """A JSON object. Raises ArtifactError."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(key, uri, "not JSON") from error
    if not isinstance(document, dict):
        raise ArtifactError(key, uri, "must be a JSON object")
    return document


class Folder:
    """The folder of a published model. What manifest.json lists must be there and have the hash given there;
    without a manifest, and beside what it lists, any file may be missing."""

    def __init__(self, model_path: str) -> None:
        self.folder, _ = storage.split(model_path)
        self.manifest: Mapping[str, Any] = {}
        self.sha256: Mapping[str, str] = {}
        if (manifest := self.beside("manifest.json")) is not None:
            self.manifest = parse_object("model_path", self.uri("manifest.json"), manifest)
            files = self.manifest.get("files")
            if not isinstance(files, dict):
                raise ArtifactError("model_path", self.uri("manifest.json"), 'must hold "files"')
            self.sha256 = files

    def uri(self, name: str) -> str:
        """The URI of a file beside the model."""
        return storage.join(self.folder, name)

    def beside(self, name: str) -> bytes | None:
        """A file beside the model, or None if there is none."""
        try:
            return self.read("model_path", self.uri(name))
        except ArtifactError as error:
            if isinstance(error.__cause__, storage.NotFound) and name not in self.sha256:
                return None
            raise

    def read(self, key: str, uri: str, limit: int = MAX_TEXT_BYTES) -> bytes:
        """Any file, checked if it is one of the manifest's."""
        data = read(key, uri, limit)
        folder, name = storage.split(uri)
        wanted = self.sha256.get(name) if folder == self.folder else None
        if wanted is not None and wanted != hashlib.sha256(data).hexdigest():
            raise ArtifactError(key, uri, "its SHA-256 is not the one in manifest.json")
        return data
