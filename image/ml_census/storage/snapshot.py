"""The bytes of artifacts as they were at one moment: fetched once, tried out elsewhere, kept for a restart."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from ml_census import storage
from ml_census.storage import ObjectNotFoundError

INDEX = "index.json"


@dataclass
class Snapshot:
    """Reads through to the store and remembers what it read. One that was loaded from a folder asks no store: what it
    does not have, it reads only if it lies here."""

    files: dict[str, bytes | None] = field(default_factory=dict)
    """By URI; None is for what is not there."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    """Of what was read by this one, not loaded from a folder."""
    is_live: bool = True

    def read(self, uri: str, limit: int) -> bytes:
        """As storage.read."""
        if uri not in self.files and (self.is_live or storage.is_local(uri)):
            # First the fingerprint: what is overwritten in between then differs at the next look.
            self.fingerprints[uri] = storage.fingerprint(uri)
            self.files[uri] = storage.read(uri, limit) if self.fingerprints[uri] else None
        data = self.files.get(uri)
        if data is None:
            raise ObjectNotFoundError("not found")
        return data

    def remote(self) -> "Snapshot":
        """What came from a store. What lies here need not be kept: it can be read again, and secrets stay where they
        are."""
        return Snapshot({uri: data for uri, data in self.files.items() if not storage.is_local(uri)})

    def save(self, folder: Path) -> None:
        """Write all files, and last their index, in place of what the folder had: whenever the process is killed or the
        power goes, there is the old or the new, and it is whole. Nobody else may read it. Raises OSError.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(folder)  # first, so that there is room
        names: dict[str, str | None] = {}
        for uri, data in self.files.items():
            names[uri] = None if data is None else hashlib.sha256(data).hexdigest()
            if data is not None:
                storage.replace_file(folder / str(names[uri]), data, 0o600)
        storage.replace_file(folder / INDEX, json.dumps(names).encode(), 0o600)
        _sweep(folder)


def load(folder: Path) -> Snapshot:
    """What was saved there, byte for byte. Raises OSError, ValueError."""
    files = {uri: None if name is None else _checked(folder / name) for uri, name in _index(folder).items()}
    return Snapshot(files, is_live=False)


def _index(folder: Path) -> dict[str, str | None]:
    """The names of the files, by URI: their hashes."""
    names = json.loads((folder / INDEX).read_bytes())
    if not isinstance(names, dict) or not all(name is None or isinstance(name, str) for name in names.values()):
        raise ValueError(f"{folder / INDEX} is not an object of names")
    return names


def _sweep(folder: Path) -> None:
    """Remove what the index does not name: of before, or of a save that was broken off."""
    try:
        named = set(_index(folder).values())
    except (OSError, ValueError):
        named = set()
    for path in folder.iterdir():
        if path.name != INDEX and path.name not in named:
            path.unlink()


def _checked(path: Path) -> bytes:
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != path.name:
        raise ValueError(f"{path} has changed")
    return data
