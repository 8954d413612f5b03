"""An artifact that is loaded, polled and cached separately from the others.

Users and keys reload while the storage of the model is unavailable, or while a model loads for minutes.
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
"""Maximum pause before a model is checked again whose check lacked memory, space or time (default 600 s).

The first pause is INITIAL_BACKOFF_SECONDS; each further one is twice as long.
"""

Value = TypeVar("Value")


@dataclass
class Backoff:
    """The pause before files are loaded again whose last load failed for a lack of memory, space or time."""

    fingerprints: dict[str, str] = field(default_factory=dict)
    """Fingerprint by URI of the files that failed; empty without a failure."""
    pause: float = 0
    """Seconds between the last failure and the next attempt."""
    until: float = 0
    """Time of the next attempt, on the monotonic clock."""

    def applies_to(self, fingerprints: dict[str, str]) -> bool:
        """Return whether these files failed, and the pause is not over."""
        return fingerprints == self.fingerprints and time.monotonic() < self.until

    def start(self, fingerprints: dict[str, str]) -> None:
        """Start a pause, twice as long as the last one if the same files have failed again."""
        is_same = fingerprints == self.fingerprints
        self.pause = min(2 * self.pause, MAX_BACKOFF_SECONDS) if is_same else INITIAL_BACKOFF_SECONDS
        self.fingerprints, self.until = fingerprints, time.monotonic() + self.pause


@dataclass
class WatchedArtifact(Generic[Value]):
    """An artifact, the fingerprints of its files, and its cached copy."""

    key: str
    """The key of the configuration that names the artifact."""
    load_from: Callable[[Snapshot], Value]
    """Loads and checks the artifact; raises ArtifactError."""
    cache: Path | None
    """The folder of the copy that was loaded last from remote storage; None: no copy is kept."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    """Fingerprint by URI of all files that the last load read, missing ones included."""
    backoff: Backoff = field(default_factory=Backoff)
    reloads: int = 0
    """Number of changes that were loaded."""
    rejections: int = 0
    """Number of failed loads, except those that end the start of the server."""

    def load(self) -> Value:
        """Load the artifact from the storage, and cache its remote files. Raises ArtifactError."""
        files = Snapshot()
        value = self.load_from(files)
        self.fingerprints, self.backoff = files.fingerprints, Backoff()
        self._write_cache(files.only_remote())
        return value

    def reload_if_changed(self) -> Value | None:
        """Load the artifact if one of its files has changed; return None if not. Raises ArtifactError.

        Rejected files are not loaded again before they change. Files whose check lacked memory, space or time are
        loaded again after a pause.
        """
        current = {uri: self._fingerprint(uri) for uri in self.fingerprints}
        if current == self.fingerprints or self.backoff.applies_to(current):
            return None
        try:
            return self.load()
        except ArtifactError as error:
            if not error.is_transient:
                self.fingerprints = current
            elif not error.is_storage_unavailable:
                self.backoff.start(current)
            raise

    def load_cached(self) -> Value | None:
        """Load the cached copy; return None if there is none, or if it is invalid.

        The server uses the copy at its start if the storage is unavailable or its files are invalid. Local files are
        not cached: they are read as they are now.
        """
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
            # an older copy could contain a user who has been removed since
            shutil.rmtree(self.cache, ignore_errors=True)
