"""A consistent snapshot of artifact files: fetched once, checked in the sandbox, cached for a restart."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from ml_census import storage
from ml_census.storage.errors import ObjectNotFoundError

INDEX = "index.json"
"""File of the cache with the SHA-256 of each file by URI; a file is stored under its SHA-256."""


@dataclass
class Snapshot:
    """Reads files from the storage and remembers them.

    A snapshot that was loaded from the cache does not access remote storage: files that it does not have are read
    only if they are local.
    """

    files: dict[str, bytes | None] = field(default_factory=dict)
    """Content by URI; None if nothing is there."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    """Fingerprint by URI of each file that was read from the storage, and not from the cache."""
    is_live: bool = True
    """Whether remote storage is accessed."""

    def read(self, uri: str, limit: int) -> bytes:
        """Return a file, maximum `limit` bytes. Raises StorageError, as storage.read."""
        if uri not in self.files and (self.is_live or storage.is_local(uri)):
            # The fingerprint comes first: if the file is overwritten after it, the next poll sees a difference.
            self.fingerprints[uri] = storage.fingerprint(uri)
            self.files[uri] = storage.read(uri, limit) if self.fingerprints[uri] else None
        data = self.files.get(uri)
        if data is None:
            raise ObjectNotFoundError
        return data

    def only_remote(self) -> "Snapshot":
        """Return the remote files. Local ones need no cache, and secrets stay where they are mounted."""
        return Snapshot({uri: data for uri, data in self.files.items() if not storage.is_local(uri)})

    def save(self, folder: Path) -> None:
        """Replace the content of a cache folder, readable by its owner only. Raises OSError.

        The index is written last: after a crash or a power loss the folder has the old files or the new ones.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_unreferenced(folder)  # first, to make room
        names: dict[str, str | None] = {}
        for uri, data in self.files.items():
            names[uri] = None if data is None else hashlib.sha256(data).hexdigest()
            if data is not None:
                storage.replace_file(folder / str(names[uri]), data, 0o600)
        storage.replace_file(folder / INDEX, json.dumps(names).encode(), 0o600)
        _remove_unreferenced(folder)


def read_cache(folder: Path) -> Snapshot:
    """Return the snapshot that was saved in a folder. Raises OSError, or ValueError if a file was changed."""
    files = {uri: None if name is None else _verified(folder / name) for uri, name in _index(folder).items()}
    return Snapshot(files, is_live=False)


def _index(folder: Path) -> dict[str, str | None]:
    names = json.loads((folder / INDEX).read_bytes())
    if not isinstance(names, dict) or not all(name is None or isinstance(name, str) for name in names.values()):
        raise ValueError(f"{folder / INDEX} must be an object of URI to file name")
    return names


def _remove_unreferenced(folder: Path) -> None:
    """Remove the files that the index does not name: of an earlier snapshot, or of an interrupted save."""
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
