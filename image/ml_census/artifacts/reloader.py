"""Load the artifacts at the start, and again whenever they change: the same road and the same checks, then one swap."""

import logging
import random
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ml_census import storage
from ml_census.artifacts import bundle
from ml_census.artifacts.bundle import Artifacts, Fields
from ml_census.config import Config
from ml_census.errors import ArtifactError
from ml_census.models import sandbox
from ml_census.storage import snapshot
from ml_census.storage.snapshot import Snapshot

log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 10
ATTEMPTS = 3
"""Trials of a model at the start, for which memory, space or time was short. Then the start ends: what restarts the
server has pauses of its own."""
LONGEST_BACKOFF_SECONDS = 600
"""A model that could not be tried out is tried again after 30 s, then after twice as long each time, up to this."""


@dataclass
class WatchedArtifact:
    """What is loaded, looked at and kept by itself: users are removed also while the bucket of the model is away."""

    key: str
    """Of the configuration."""
    load: Callable[[Snapshot], Fields]
    kept: Path | None
    """The folder for what was last loaded from a store."""
    seen: dict[str, str] = field(default_factory=dict)
    done: int = 0
    refused: int = 0
    put_off: dict[str, str] | None = None
    """What could not be tried out, for want of memory, space or time."""
    pause: float = 0
    again: float = 0
    """Seconds until the next try, and its time on the monotonic clock."""

    def loaded(self) -> Fields:
        """As it is now. Raises ArtifactError."""
        read = Snapshot()
        fields = self.load(read)
        self.seen, self.put_off = read.fingerprints, None
        self._keep(read.only_remote())
        return fields

    def changed(self) -> Fields | None:
        """As it is now, or None if it has not changed. Raises ArtifactError."""
        found = {uri: self._fingerprint(uri) for uri in self.seen}
        if found == self.seen or (found == self.put_off and time.monotonic() < self.again):
            return None
        try:
            return self.loaded()
        except ArtifactError as error:
            if not error.is_transient:
                self.seen = found  # the same again is refused without another try
            elif not error.is_storage_unavailable:
                self.pause = min(2 * self.pause, LONGEST_BACKOFF_SECONDS) if found == self.put_off else 30
                self.put_off, self.again = found, time.monotonic() + self.pause
            raise

    def load_cached(self) -> Fields | None:
        """As it was loaded last in this place, if it came from a store: for a restart while that is away or holds
        something bad. What lies here is read as it is now."""
        if self.kept is None or not self.kept.exists():
            return None
        try:
            read = snapshot.read_cache(self.kept)
            fields = self.load(read)
        except (ArtifactError, OSError, ValueError) as error:
            log.warning("cache_path: %s: %s", self.kept, error)
            return None
        self.seen = dict.fromkeys(read.files, "") | read.fingerprints
        return fields

    def _fingerprint(self, uri: str) -> str:
        try:
            return storage.fingerprint(uri)
        except storage.StorageError as error:
            is_unavailable = isinstance(error, storage.StorageUnavailableError)
            raise ArtifactError(self.key, uri, str(error), is_storage_unavailable=is_unavailable) from error

    def _keep(self, read: Snapshot) -> None:
        if self.kept is None or not read.files:
            return
        try:
            read.save(self.kept)
        except OSError as error:  # a full disk must not stop what can be served
            log.warning("cache_path: %s: %s", self.kept, error)
            shutil.rmtree(self.kept, ignore_errors=True)  # or a restart would let in who has been removed since


class ArtifactReloader:
    """Knows what was loaded last, and how often something else was or was refused."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._current: Artifacts
        self._swapping = threading.Lock()
        cache = Path(config.cache_path) if config.cache_path else None
        if cache:
            try:
                cache.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise ArtifactError("cache_path", str(cache), error.strerror or str(error)) from error
            sandbox.remove_stale_scratch(cache)
        loads: dict[str, Callable[[Snapshot], Fields]] = {
            "users": lambda read: bundle.load_users(config, read),
            "secret": lambda read: bundle.load_signing_keys(config, read),
            "model_path": self._load_model,
        }
        self.parts = [WatchedArtifact(key, load, cache and cache / "last-good" / key) for key, load in loads.items()]

    def counts(self) -> dict[str, int]:
        """How often something else was loaded, and how often it was refused."""
        return {"success": sum(part.done for part in self.parts), "rejected": sum(part.refused for part in self.parts)}

    def start(self) -> Artifacts:
        """The artifacts, or what was kept of them in this place if they cannot be had.

        While the store cannot be reached and nothing is kept, this waits. Raises ArtifactError.
        """
        pause, attempts = 1.0, 0
        while True:
            try:
                self._current = self._first()
            except ArtifactError as error:
                attempts += not error.is_storage_unavailable
                if not error.is_transient or attempts == ATTEMPTS:
                    raise
                log.warning("%s; trying again", error)
            else:
                bundle.log_warnings(self._config, self._current)
                return self._current
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  # so that pods do not ask all at once
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def watch(self, swap: Callable[[Artifacts], None], stopped: threading.Event) -> None:
        """Look for changes every reload_interval_seconds until stopped.

        Each part has its own thread: a model may take minutes to load.
        """
        threads = [
            threading.Thread(target=self._watch, args=(part, swap, stopped), name=f"reload {part.key}", daemon=True)
            for part in self.parts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def look(self, part: WatchedArtifact, swap: Callable[[Artifacts], None]) -> None:
        """Load and swap the part if it has changed; what cannot be used leaves the old in place."""
        try:
            fields = part.changed()
        except ArtifactError as error:
            part.refused += 1
            if error.is_transient and not error.is_storage_unavailable:
                log.error("reload put off: %s; trying again in %g s", error, part.pause)
            else:
                log.error("reload refused: %s", error)
        except Exception:  # whatever it is, the old artifacts go on serving
            part.refused += 1
            log.exception("reload failed")
        else:
            if fields is not None:
                part.done += 1
                self._swap(part, fields, swap)

    def _watch(self, part: WatchedArtifact, swap: Callable[[Artifacts], None], stopped: threading.Event) -> None:
        while not stopped.wait(self._config.reload_interval_seconds * random.uniform(0.9, 1)):  # noqa: S311
            self.look(part, swap)

    def _swap(self, part: WatchedArtifact, fields: Fields, swap: Callable[[Artifacts], None]) -> None:
        with self._swapping:  # two parts at once would each leave the other as it was
            self._current = current = replace(self._current, **fields)
            swap(current)
        bundle.log_warnings(self._config, current)
        log.info("reloaded: %s; serves model %s", part.key.removesuffix("_path"), current.model.version)

    def _first(self) -> Artifacts:
        """Each part as it is, or else as it was kept. A store that does not answer is asked once."""
        fields: Fields = {}
        is_away = False
        for part in self.parts:
            found = part.load_cached() if is_away else None
            if found is None:
                try:
                    found = part.loaded()
                except ArtifactError as error:
                    if (found := part.load_cached()) is None:
                        raise
                    part.refused += 1
                    is_away |= error.is_storage_unavailable
                    log.error("%s; serving what was loaded last", error)
            fields |= found
        return Artifacts(**fields)

    def _load_model(self, read: Snapshot) -> Fields:
        return bundle.load_model(self._config, read, partial(sandbox.run_in_sandbox, self._config, read))
