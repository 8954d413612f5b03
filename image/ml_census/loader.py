"""Load the artifacts at the start, and again whenever they change: the same road and the same checks, then one swap."""

import logging
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ml_census import artifacts, source, storage, trial
from ml_census.artifacts import Artifacts
from ml_census.config import Config
from ml_census.published import ArtifactError
from ml_census.source import Source

log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 10


class Loader:
    """Knows what was loaded last, and how often something else was or was refused."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._kept = None
        if config.cache_path:
            self._kept = Path(config.cache_path) / "last-good"
            try:
                self._kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise ArtifactError("cache_path", config.cache_path, error.strerror or str(error)) from error
        self._seen: dict[str, str] = {}
        self._current: Artifacts | None = None
        self._done = self._refused = 0

    def counts(self) -> dict[str, int]:
        """How often something else was loaded, and how often it was refused."""
        return {"done": self._done, "refused": self._refused}

    def start(self) -> Artifacts:
        """The artifacts, or those of the last start in this place if they cannot be had.

        While the store cannot be reached and nothing is kept, this waits. Raises ArtifactError.
        """
        pause = 1.0
        while True:
            try:
                return self._load()
            except ArtifactError as error:
                if kept := self._last_good(error):
                    return kept
                if not error.is_passing:
                    raise
                log.warning("%s; trying again", error)
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  # so that pods do not ask all at once
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def watch(self, swap: Callable[[Artifacts], None], stopped: threading.Event) -> None:
        """Look for changes every reload_seconds until stopped."""
        while not stopped.wait(self._config.reload_seconds * random.uniform(0.9, 1)):  # noqa: S311
            self.look(swap)

    def look(self, swap: Callable[[Artifacts], None]) -> None:
        """Load and swap if something has changed; what cannot be used leaves the old in place."""
        try:
            found = {uri: storage.fingerprint(uri) for uri in self._seen}
            changed = {uri for uri in found if found[uri] != self._seen[uri]}
            if not changed:
                return
            only_credentials = changed <= {self._config.users, self._config.secret}
            loaded = self._load_credentials() if only_credentials else self._load()
        except (ArtifactError, storage.StorageError) as error:
            self._refused += 1
            log.error("reload refused: %s", error)
            if isinstance(error, ArtifactError) and not error.is_passing:
                self._seen = found  # the same again is refused without another try
        except Exception:  # whatever it is, the old artifacts go on serving
            self._refused += 1
            log.exception("reload failed")
        else:
            self._done += 1
            swap(loaded)
            log.info("reloaded: %s; serves model %s", ", ".join(self._names(changed)), loaded.model.version)

    def _names(self, uris: set[str]) -> list[str]:
        """Keys of the configuration for its own artifacts, "model" for all that lies beside the model."""
        keys = {self._config.users: "users", self._config.secret: "secret"}
        return sorted({keys.get(uri, "model") for uri in uris})

    def _load(self) -> Artifacts:
        read = Source()
        loaded = artifacts.load(self._config, read, partial(trial.tried_out, self._config, read))
        self._seen = read.fingerprints
        self._keep(read)
        self._current = loaded
        return loaded

    def _load_credentials(self) -> Artifacts:
        """A model that has not changed is neither read nor tried again: keys and users change within a second."""
        if self._current is None:
            return self._load()
        read = Source()
        loaded = artifacts.with_credentials(self._config, read, self._current)
        self._seen |= read.fingerprints
        self._keep(read, with_what_was_kept=True)
        self._current = loaded
        return loaded

    def _keep(self, read: Source, with_what_was_kept: bool = False) -> None:
        if self._kept is None or not any("://" in uri for uri in read.files):
            return
        try:
            if with_what_was_kept:
                read.files = source.load(self._kept).files | read.files
            read.replace(self._kept)
        except (OSError, ValueError) as error:  # a full disk must not stop what can be served
            log.warning("cache_path: %s: %s", self._kept, error)

    def _last_good(self, error: ArtifactError) -> Artifacts | None:
        """What was loaded last in this place, for a restart while the store is away or holds something bad."""
        if self._kept is None or not self._kept.exists():
            return None
        try:
            read = source.load(self._kept)
            loaded = artifacts.load(self._config, read, partial(trial.tried_out, self._config, read))
        except (ArtifactError, OSError, ValueError) as also:
            log.warning("cache_path: %s: %s", self._kept, also)
            return None
        self._seen = dict.fromkeys(read.files, "")
        self._refused += 1
        log.error("%s; serving what was loaded last", error)
        return loaded
