"""Load model, users and signing keys (the artifacts) at the start, and reload each one when its files change.

A reload applies the same checks as the start. A valid change replaces the served
artifacts in one assignment. If a change is invalid, the server logs the reason and
keeps the loaded artifacts.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ml_census.artifacts.bundle import Artifacts, load_signing_keys, load_users, log_warnings
from ml_census.artifacts.watched import WatchedArtifact
from ml_census.config import Config
from ml_census.errors import ArtifactError
from ml_census.models import sandbox
from ml_census.models.loading import load_model

log = logging.getLogger(__name__)

MAX_START_PAUSE_SECONDS = 10
"""Maximum pause between two attempts to load the artifacts at the start of the
server."""
MAX_START_ATTEMPTS = 3
"""Maximum number of attempts at the start if the check of the model lacks memory, disk space or time (3).

Then the server process ends, and Kubernetes restarts the container after a pause.
"""

Value = TypeVar("Value")
Swap = Callable[[Artifacts], None]
"""A function that replaces the artifacts that the server uses."""


class ArtifactReloader:
    """Loader of model, users and signing keys. The loader reloads an artifact when its files change."""

    def __init__(self, config: Config) -> None:
        """Create the folder `cache_path` of the configuration. Raises ArtifactError if the folder cannot be created."""
        self._config = config
        self._current: Artifacts
        self._swapping = threading.Lock()
        cache = _create_cache(config.cache_path)
        last_good = cache and cache / "last-good"
        self.users = WatchedArtifact("users", partial(load_users, config), last_good and last_good / "users")
        self.keys = WatchedArtifact("secret", partial(load_signing_keys, config), last_good and last_good / "secret")
        self.model = WatchedArtifact("model_path", partial(load_model, config), last_good and last_good / "model_path")

    @property
    def watched(self) -> tuple[WatchedArtifact[Any], ...]:
        """Return users, signing keys and model, in the order in which the server loads them."""
        return self.users, self.keys, self.model

    def reload_counts(self) -> dict[str, int]:
        """Return the number of reloads by result: "success", or "rejected" if the server kept an earlier copy."""
        return {
            "success": sum(artifact.reloads for artifact in self.watched),
            "rejected": sum(artifact.rejections for artifact in self.watched),
        }

    def load_initial(self) -> Artifacts:
        """Load and return all artifacts. If an artifact cannot be loaded, use its cached copy.

        Without a cached copy, this method waits until the storage is available. Raises
        ArtifactError if an artifact is invalid and has no cached copy. If the check of
        the model lacks memory, disk space or time, raises ArtifactError after
        MAX_START_ATTEMPTS attempts.
        """
        self._current = self._load_with_retries()
        log_warnings(self._config, self._current)
        return self._current

    def _load_with_retries(self) -> Artifacts:
        pause, attempts = 1.0, 0
        while True:
            try:
                return self._load_all()
            except ArtifactError as error:
                attempts += not error.is_storage_unavailable
                if not error.is_transient or attempts == MAX_START_ATTEMPTS:
                    raise
                log.warning("%s; trying again", error)
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  # spreads the requests of several pods over time
            pause = min(2 * pause, MAX_START_PAUSE_SECONDS)

    def watch(self, swap: Swap, stopped: threading.Event) -> None:
        """Check for changed files every reload_interval_seconds. Return only after `stopped` is set.

        Each artifact has its own thread, because a model may take minutes to load.
        `swap` gets the new artifacts.
        """
        threads = [self._thread(artifact, swap, stopped) for artifact in self.watched]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _thread(self, artifact: WatchedArtifact[Any], swap: Swap, stopped: threading.Event) -> threading.Thread:
        arguments = (artifact, swap, stopped)
        return threading.Thread(target=self._watch, args=arguments, name=f"reload {artifact.key}", daemon=True)

    def check(self, artifact: WatchedArtifact[Any], swap: Swap) -> None:
        """Reload an artifact if its files have changed. Then call `swap` with the new artifacts.

        If loading fails, this method logs the reason, raises no exception, and keeps
        the loaded artifacts.
        """
        value = _reload_or_log(artifact)
        if value is not None:
            artifact.reloads += 1
            self._replace(artifact, value, swap)

    def _watch(self, artifact: WatchedArtifact[Any], swap: Swap, stopped: threading.Event) -> None:
        while not stopped.wait(self._config.reload_interval_seconds * random.uniform(0.9, 1)):  # noqa: S311
            self.check(artifact, swap)

    def _replace(self, artifact: WatchedArtifact[Any], value: Any, swap: Swap) -> None:
        name = "users" if artifact is self.users else "keys" if artifact is self.keys else "model"
        with self._swapping:  # without the lock, two threads could undo each other's change
            self._current = current = replace(self._current, **{name: value})
            swap(current)
        log_warnings(self._config, current)
        log.info("reloaded: %s; serves model %s", artifact.key.removesuffix("_path"), current.model.version)

    def _load_all(self) -> Artifacts:
        """Load each artifact, or its cached copy. Raises ArtifactError."""
        # if the storage is unavailable for one artifact, the cached copies of the
        # others are tried first
        users, is_available = _load_or_cached(self.users, True)
        keys, is_available = _load_or_cached(self.keys, is_available)
        model, _ = _load_or_cached(self.model, is_available)
        return Artifacts(model, users, keys)


def _load_or_cached(artifact: WatchedArtifact[Value], is_available: bool) -> tuple[Value, bool]:
    """Return an artifact or its cached copy (first if not `is_available`), and whether the storage is available."""
    cached = None if is_available else artifact.load_cached()
    if cached is not None:
        return cached, False
    try:
        return artifact.load(), is_available
    except ArtifactError as error:
        if (cached := artifact.load_cached()) is None:
            raise
        artifact.rejections += 1
        log.error("%s; serving the last loaded copy", error)
        return cached, is_available and not error.is_storage_unavailable


def _reload_or_log(artifact: WatchedArtifact[Value]) -> Value | None:
    """Return the changed artifact, or None. If loading fails, log the reason and return None."""
    try:
        return artifact.reload_if_changed()
    except ArtifactError as error:
        if error.is_transient and not error.is_storage_unavailable:
            log.error("reload postponed: %s; trying again in %g s", error, artifact.backoff.pause)
        else:
            log.error("reload rejected: %s", error)
    except Exception:  # the server keeps the loaded artifacts after any error
        log.exception("reload failed")
    artifact.rejections += 1
    return None


def _create_cache(path: str | None) -> Path | None:
    """Create the cache folder, and remove the temporary folders of killed servers. Raises ArtifactError."""
    if not path:
        return None
    try:
        Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ArtifactError("cache_path", path, error.strerror or str(error)) from error
    sandbox.remove_stale_scratch(Path(path))
    return Path(path)
