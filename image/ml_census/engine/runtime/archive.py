"""Check the size of compiled.npz before its arrays take memory.

The file comes from a bucket. A small archive can expand beyond the memory of a pod, and
short JSON can make many Python objects. A model that the server accepts has far fewer
arrays and values than the maximums.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

Document = dict[str, Any]
Arrays = Mapping[str, np.ndarray]
MAX_BYTES = 512 * 1024**2
"""Maximum size of the uncompressed arrays (default 536,870,912, bytes)."""
MAX_ARRAYS = 50_000
"""Maximum number of arrays (default 50,000).

A model of 48,000 arrays loads in 8 s. A BaggingClassifier of 100 trees and 100 columns
has 10,600 arrays.
"""
MAX_VALUES = 2_000_000
"""Maximum number of values of the JSON document (default 2,000,000).

A million categories are a million values. A document of this size takes maximum
180 MB; 20 million empty lists, in a file of 57 KB, took 1.4 GB.
"""
MAX_PARTS = 50_000
"""Maximum number of parts of a composed model (default 50,000). OneVsOneClassifier of 100 classes has 15,000 parts."""
MAX_LAYERS = 1_000
"""Maximum number of layers of a network (default 1,000)."""
MAX_OPERATIONS = 1_000
"""Maximum number of operations of a column (default 1,000). A pipeline of two scalers has four operations."""
_ENTRY = b"PK\x01\x02"
"""The first bytes of each entry in the directory of a ZIP file."""


class CompiledError(Exception):
    """Report invalid bytes of a compiled model. The message is the reason, in one line."""


def check_archive(data: bytes, limit: int) -> None:
    """Raise CompiledError if an archive has too many arrays, repeated names, or expands to more than `limit` bytes.

    zipfile takes 1.2 kB of memory for each entry of the directory. For this reason, the
    entries are counted before. The count takes 0.05 s for 64 MB. Raises
    zipfile.BadZipFile if `data` is no ZIP file.
    """
    check_array_count(data.count(_ENTRY))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        size = sum(entry.file_size for entry in archive.infolist())
    if len(set(names)) < len(names):
        raise CompiledError("has two arrays of the same name: publish the model again")
    if size > limit:
        raise CompiledError(f"expands to {size} bytes, maximum {limit}: publish a smaller model")


def check_array_count(count: int) -> None:
    """Raise CompiledError if a file has too many arrays, the document included."""
    _require("arrays", count, MAX_ARRAYS)


def parse_document(text: bytes) -> Document:
    """Return the JSON document of a model. Raises CompiledError if the document exceeds one of the maximums.

    Raises AttributeError, KeyError, TypeError or ValueError for other contents.
    """
    _require("values", sum(map(text.count, (b",", b"[", b"{"))), MAX_VALUES)
    document: Document = json.loads(text)
    parts = document.get("parts", [])
    _require("parts", len(parts), MAX_PARTS)
    for model in (document, *parts):
        _require("layers", len(model.get("layers", [])), MAX_LAYERS)
        for number in model.get("numbers", []):
            _require("operations of a column", len(number["operations"]), MAX_OPERATIONS)
    return document


def _require(name: str, count: int, maximum: int) -> None:
    if count > maximum:
        raise CompiledError(f"has {count} {name}, maximum {maximum}: publish a smaller model")
