"""Snapshot of the files that the server loads. A local cache folder keeps the snapshot for a restart."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from ml_census import storage
from ml_census.storage.errors import ObjectNotFoundError

INDEX = "index.json"
"""Name of the cache file that maps each URI to a SHA-256. The cache stores each content
in a file of that name."""


@dataclass
class Snapshot:
    """Contents of files by URI. read() gets each file from the storage once, and returns the same content afterwards.

    A snapshot from read_cache() never accesses remote storage.
    """

    files: dict[str, bytes | None] = field(default_factory=dict)
    """URI -> content, or None if no file is at the URI."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    """URI -> result of storage.fingerprint(), for each file from the storage; files
    from the cache have no entry."""
    is_live: bool = True
    """True if read() may access remote storage."""

    def read(self, uri: str, limit: int) -> bytes:
        """Return the content of a file.

        Raises ObjectNotFoundError if no file is at the URI, or if a snapshot from
        read_cache() lacks a remote file. Raises StorageUnavailableError if a later
        attempt may succeed. Raises StorageError for any other failure, and for more
        than `limit` bytes.
        """
        if uri not in self.files and (self.is_live or storage.is_local(uri)):
            self._read_from_storage(uri, limit)
        data = self.files.get(uri)
        if data is None:
            raise ObjectNotFoundError
        return data

    def _read_from_storage(self, uri: str, limit: int) -> None:
        """Read the fingerprint, then the file. A poll then detects a write between these two reads."""
        self.fingerprints[uri] = storage.fingerprint(uri)
        self.files[uri] = storage.read(uri, limit) if self.fingerprints[uri] else None

    def only_remote(self) -> "Snapshot":
        """Return a snapshot of the remote files alone. The cache must not contain local files, such as secrets."""
        return Snapshot({uri: data for uri, data in self.files.items() if not storage.is_local(uri)})

    def save(self, folder: Path) -> None:
        """Replace the content of a cache folder. Only the owner can read the files. Raises OSError.

        The index is written last: after a crash or a power loss, the cache is either
        the old or the new snapshot.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_unreferenced(folder)  # first, to free disk space
        names: dict[str, str | None] = {}
        for uri, data in self.files.items():
            names[uri] = None if data is None else hashlib.sha256(data).hexdigest()
            if data is not None:
                storage.replace_file(folder / str(names[uri]), data, 0o600)
        storage.replace_file(folder / INDEX, json.dumps(names).encode(), 0o600)
        _remove_unreferenced(folder)


def read_cache(folder: Path) -> Snapshot:
    """Return the snapshot that Snapshot.save() wrote to a folder.

    Raises OSError if a file cannot be read, and ValueError if the index is invalid or a
    file was changed.
    """
    files = {uri: None if name is None else _verified(folder / name) for uri, name in _index(folder).items()}
    return Snapshot(files, is_live=False)


def _index(folder: Path) -> dict[str, str | None]:
    names = json.loads((folder / INDEX).read_bytes())
    if not isinstance(names, dict) or not all(name is None or isinstance(name, str) for name in names.values()):
        raise ValueError(f"{folder / INDEX} must be an object of URI to file name")
    return names


def _remove_unreferenced(folder: Path) -> None:
    """Remove the files that the index does not name: files of an earlier snapshot or of an interrupted save()."""
    try:
        referenced = set(_index(folder).values())
    except (OSError, ValueError):
        referenced = set()
    for path in folder.iterdir():
        if path.name != INDEX and path.name not in referenced:
            path.unlink()


def _verified(path: Path) -> bytes:
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != path.name:
        raise ValueError(f"{path} was changed: its SHA-256 is not its name")
    return data
