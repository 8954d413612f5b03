"""Read the scikit-learn version from a pickle without loading the pickle."""

import pickletools
from io import BytesIO

from joblib.numpy_pickle_utils import _validate_fileobject_and_memmap

from ml_census.engine.sklearn_internals import PICKLED_VERSION_KEY

BLOCK_BYTES = 1024**2
MAX_VERSION_BYTES = 64
"""Maximum number of bytes that are read after the key "_sklearn_version" in a pickle
(64)."""
MEMO_OPCODES = ("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT")
"""Pickle opcodes that may come between the key and the value of a dictionary item."""


def sklearn_version(data: bytes) -> str | None:
    """Return the version of scikit-learn that wrote the pickle, or None if the pickle does not contain the version.

    `data` is the pickle, plain or compressed. A damaged compressed file causes an
    exception of the decompressor, such as EOFError, OSError or zlib.error.
    """
    with _validate_fileobject_and_memmap(BytesIO(data), "", None) as (file, _):
        window = b""
        while block := file.read(BLOCK_BYTES):
            window += block
            if (index := window.find(PICKLED_VERSION_KEY)) >= 0:
                return _text(window[index + len(PICKLED_VERSION_KEY) :] + file.read(MAX_VERSION_BYTES))
            window = window[-len(PICKLED_VERSION_KEY) :]
    return None


def _text(data: bytes) -> str | None:
    """Return the text value of a pickled dictionary item, or None. `data` begins after the key of the item."""
    try:
        for opcode, argument, _ in pickletools.genops(data.removeprefix(b"\n")):
            if isinstance(argument, str):
                return argument
            if opcode.name not in MEMO_OPCODES:
                break
    except ValueError:
        pass
    return None
