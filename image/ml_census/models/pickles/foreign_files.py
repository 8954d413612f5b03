"""Recognize model files that are not pickles but files of another format, such as ONNX, JSON or HTML."""

import gzip
import io
import re
import zipfile
import zlib

HEADS = {
    b"version https://git-lfs": "a git-lfs pointer, not the model: run `git lfs pull`",
    b"<!doctype html": "a web page (HTML), such as a login page instead of the model: download the file again",
    b"<html": "a web page (HTML), such as a login page instead of the model: download the file again",
    b"<?xml": "XML (PMML?): only pickles of scikit-learn models can be served",
    b"<": "XML or HTML: only pickles of scikit-learn models can be served",
    b"\x89hdf": "HDF5 (Keras?): only pickles of scikit-learn models can be served",
    b"\x93numpy": "a NumPy array (npy): dump the fitted model with joblib.dump",
    b"par1": "a Parquet table: dump the fitted model with joblib.dump",
}
"""First bytes of a file in lower case -> the name of the format, with advice for the
user."""
PICKLES = "dump the fitted scikit-learn model with joblib.dump"


def foreign_format(data: bytes) -> str | None:
    """Return None if a model file may be a pickle, and otherwise the name of its format with advice for the user.

    `data` is the content of the file.
    """
    if not data:
        return f"an empty file: {PICKLES}"
    if data.startswith(b"PK\x03\x04"):
        return _archive(data)
    if (tar := _tar(data)) is not None:
        return tar
    return _format_of_head(data)


def _format_of_head(data: bytes) -> str | None:
    """Return the format by the first bytes of a file that is no archive. Return None if the file may be a pickle."""
    head = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"\x1f\x8b"):
        return None  # gzip: joblib can compress a pickle with it
    for start, name in HEADS.items():
        if head.startswith(start):
            return name
    if data[:1] == b"\x08" and b"\x12" in data[:4]:
        return f"ONNX: only pickles can be served; {PICKLES}"
    if re.match(rb'[{\[]\s*["{\[\]}0-9-]', head):  # no pickle starts with these bytes
        return f"JSON (a schema, or a model of XGBoost?): {PICKLES}"
    return None


def _archive(data: bytes) -> str:
    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except Exception:  # zipfile raises many kinds of exceptions for a damaged archive
        names = []
    if "schema.json" in names:
        return f"a skops file: load it with skops.io.load, then {PICKLES}"
    if any(name.endswith(".npy") for name in names):
        return f"NumPy arrays (npz): {PICKLES}"
    return f"a zip archive: unpack it and use the pickle in it, or {PICKLES}"


def _tar(data: bytes) -> str | None:
    """Return the format of a tar archive, plain or gzip, with advice for the user. Return None for any other file.

    Reads only the first header: tarfile needs 6 s for a file of 201 bytes that
    decompresses to a header of 100 KiB.
    """
    try:
        header = gzip.GzipFile(fileobj=io.BytesIO(data)).read(512) if data.startswith(b"\x1f\x8b") else data[:512]
    except (OSError, EOFError, zlib.error):
        return None
    if header[257:262] != b"ustar":
        return None
    first = header[:100].partition(b"\0")[0].decode(errors="replace")
    name = f" with {first}" if first and first.isprintable() else ""
    return f"a tar archive{name} (SageMaker's model.tar.gz?): unpack it and use the pickle in it"
