"""The bytes of all artifacts as they were at one moment: fetched once, tried out elsewhere, kept for a restart."""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from ml_census import storage
from ml_census.storage import NotFound

INDEX = "index.json"


@dataclass
class Source:
    """Reads through to the store and remembers what it read. One that was loaded from a folder knows no store."""

    files: dict[str, bytes | None] = field(default_factory=dict)
    """By URI; None is for what is not there."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    is_live: bool = True

    def read(self, uri: str, limit: int) -> bytes:
        """As storage.read."""
        if uri not in self.files and self.is_live:
            # First the fingerprint: what is overwritten in between then differs at the next look.
            self.fingerprints[uri] = storage.fingerprint(uri)
            self.files[uri] = storage.read(uri, limit) if self.fingerprints[uri] else None
        data = self.files.get(uri)
        if data is None:
            raise NotFound("not found")
        return data

    def save(self, folder: Path) -> None:
        """Write all files and their index; nobody else may read them."""
        folder.mkdir(mode=0o700, parents=True)
        names = {}
        for uri, data in self.files.items():
            names[uri] = None if data is None else hashlib.sha256(data).hexdigest()
            if data is not None:
                _write(folder / str(names[uri]), data)
        _write(folder / INDEX, json.dumps(names).encode())

    def replace(self, folder: Path) -> None:
        """Save in place of what is in the folder, so that it is never half there."""
        new, old = folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.old")
        for leftover in (new, old):
            shutil.rmtree(leftover, ignore_errors=True)
        self.save(new)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old, ignore_errors=True)


def load(folder: Path) -> Source:
    """What was saved there, byte for byte. Raises OSError, ValueError."""
    names = json.loads((folder / INDEX).read_bytes())
    files = {uri: None if name is None else _checked(folder / name) for uri, name in names.items()}
    return Source(files, is_live=False)


def _checked(path: Path) -> bytes:
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != path.name:
        raise ValueError(f"{path} has changed")
    return data


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
