"""An artifact (model, users or signing keys) that the server loads, polls and caches separately from the others.

A server can therefore reload users and keys while the storage of the model is
unavailable, or while a model loads.
"""

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from ml_census import storage
from ml_census.errors import ArtifactError
from ml_census.storage import snapshot
from ml_census.storage.snapshot import Snapshot

log = logging.getLogger(__name__)

INITIAL_BACKOFF_SECONDS = 30
MAX_BACKOFF_SECONDS = 600
"""Maximum pause between two checks of the same model, if the checks lack memory, disk space or time.

The first pause is INITIAL_BACKOFF_SECONDS. Each further pause is twice as long.
"""

Value = TypeVar("Value")


@dataclass
class Backoff:
    """The pause before the server loads the same files again, after a lack of memory, disk space or time."""

    fingerprints: dict[str, str] = field(default_factory=dict)
    """Fingerprint by URI of the files that could not be loaded. The dict is empty without a failure.

    A fingerprint is text that changes with each write of the file.
    """
    pause: float = 0
    """Seconds between the last failure and the next attempt."""
    until: float = 0
    """Time of the next attempt, in seconds of time.monotonic()."""

    def applies_to(self, fingerprints: dict[str, str]) -> bool:
        """Return whether the last load of the files with these fingerprints failed, and the pause is not over."""
        return fingerprints == self.fingerprints and time.monotonic() < self.until

    def start(self, fingerprints: dict[str, str]) -> None:
        """Start a pause after a failed load. The pause is twice the last one if the fingerprints have not changed."""
        is_same = fingerprints == self.fingerprints
        self.pause = min(2 * self.pause, MAX_BACKOFF_SECONDS) if is_same else INITIAL_BACKOFF_SECONDS
        self.fingerprints, self.until = fingerprints, time.monotonic() + self.pause


@dataclass
class WatchedArtifact(Generic[Value]):
    """An artifact (model, users or signing keys), with the fingerprints of its files and its cached copy."""

    key: str
    """The configuration key that names the file of the artifact: model_path, users or
    secret."""
    load_from: Callable[[Snapshot], Value]
    """A function that loads and checks the artifact. The function raises
    ArtifactError."""
    cache: Path | None
    """The folder with a copy of the remote files that were loaded last. None: the
    server keeps no copy."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    """Fingerprint by URI of all files that the last load read. The fingerprint of a
    missing file is ""."""
    backoff: Backoff = field(default_factory=Backoff)
    reloads: int = 0
    """Number of changes that the server has loaded."""
    rejections: int = 0
    """Number of failed loads after which the server kept the loaded artifact, or used
    the cached copy at its start."""

    def load(self) -> Value:
        """Load the artifact from the storage, and write its remote files to the cache folder.

        Raises ArtifactError if a file cannot be read, or if the artifact is invalid.
        """
        files = Snapshot()
        value = self.load_from(files)
        self.fingerprints, self.backoff = files.fingerprints, Backoff()
        self._write_cache(files.only_remote())
        return value

    def reload_if_changed(self) -> Value | None:
        """Load the artifact if one of its files has changed. Otherwise return None.

        Invalid files are not loaded again before they change. If a check lacked memory,
        disk space or time, the same files are loaded again after a pause. Raises
        ArtifactError if a file cannot be read, or if the artifact is invalid.
        """
        current = {uri: self._fingerprint(uri) for uri in self.fingerprints}
        if current == self.fingerprints or self.backoff.applies_to(current):
            return None
        try:
            return self.load()
        except ArtifactError as error:
            self._postpone(current, error)
            raise

    def _postpone(self, fingerprints: dict[str, str], error: ArtifactError) -> None:
        """Postpone the next load of the files with these fingerprints: until a change, or until the pause is over."""
        if not error.is_transient:
            self.fingerprints = fingerprints
        elif not error.is_storage_unavailable:
            self.backoff.start(fingerprints)

    def load_cached(self) -> Value | None:
        """Load the cached copy of the remote files. Return None if no copy exists, or if the copy is invalid."""
        if self.cache is None or not self.cache.exists():
            return None
        try:
            files = snapshot.read_cache(self.cache)
            value = self.load_from(files)
        except (ArtifactError, OSError, ValueError) as error:
            log.warning("cache_path: %s: %s", self.cache, error)
            return None
        self.fingerprints = dict.fromkeys(files.files, "") | files.fingerprints
        return value

    def _fingerprint(self, uri: str) -> str:
        try:
            return storage.fingerprint(uri)
        except storage.StorageError as error:
            is_unavailable = isinstance(error, storage.StorageUnavailableError)
            raise ArtifactError(self.key, uri, str(error), is_storage_unavailable=is_unavailable) from error

    def _write_cache(self, files: Snapshot) -> None:
        if self.cache is None or not files.files:
            return
        try:
            files.save(self.cache)
        except OSError as error:  # a full disk does not prevent serving
            log.warning("cache_path: %s: %s", self.cache, error)
            # the old copy could contain a user that an operator has removed
            shutil.rmtree(self.cache, ignore_errors=True)
