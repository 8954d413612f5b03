"""The scikit-learn version that a pickle names, without loading the pickle."""

import pickletools
from io import BytesIO

from joblib.numpy_pickle_utils import _validate_fileobject_and_memmap

from ml_census.engine.sklearn_internals import PICKLED_VERSION_KEY

BLOCK_BYTES = 1024**2
MAX_VERSION_BYTES = 64
"""Maximum number of bytes that are read after the key (default 64)."""
MEMO_OPCODES = ("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT")
"""Opcodes that may stand between a key and its value."""


def sklearn_version(data: bytes) -> str | None:
    """Return the version of scikit-learn that wrote the pickle, or None if the pickle does not name it.

    Raises any exception that a damaged compressed file leads to.
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
    """Return the text that follows a key in the dict of a pickle, or None."""
    try:
        for opcode, argument, _ in pickletools.genops(data.removeprefix(b"\n")):
            if isinstance(argument, str):
                return argument
            if opcode.name not in MEMO_OPCODES:
                break
    except ValueError:
        pass
    return None
