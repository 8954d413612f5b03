"""Name files that are given as a model and are no pickle."""

import gzip
import io
import re
import zipfile
import zlib

HEADS = {
    b"version https://git-lfs": "a git-lfs pointer, not the model: run `git lfs pull`",
    b"<!doctype html": "a web page (HTML), as a login page in place of a download: download the file again",
    b"<html": "a web page (HTML), as a login page in place of a download: download the file again",
    b"<?xml": "XML (PMML?): only pickles of scikit-learn models can be served",
    b"<": "XML or HTML: only pickles of scikit-learn models can be served",
    b"\x89hdf": "HDF5 (Keras?): only pickles of scikit-learn models can be served",
    b"\x93numpy": "a numpy array, as numpy.save writes it: dump the fitted model with joblib.dump",
    b"par1": "a Parquet table: dump the fitted model with joblib.dump",
}
"""How a file begins, in lower case, and what it then is."""
PICKLES = "dump the fitted scikit-learn model with joblib.dump"


def foreign_format(data: bytes) -> str | None:
    """Return what the file is and what to do, or None if it may be a pickle."""
    head = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not data:
        return f"an empty file: {PICKLES}"
    if data.startswith(b"PK\x03\x04"):
        return _archive(data)
    if (tar := _tar(data)) is not None:
        return tar
    if head.startswith(b"\x1f\x8b"):
        return None  # joblib compresses so
    for start, what in HEADS.items():
        if head.startswith(start):
            return what
    if data[:1] == b"\x08" and b"\x12" in data[:4]:
        return f"ONNX: only pickles can be served; {PICKLES}"
    if re.match(rb'[{\[]\s*["{\[\]}0-9-]', head):  # no pickle begins so
        return f"JSON (a schema, or a model of XGBoost?): {PICKLES}"
    return None


def _archive(data: bytes) -> str:
    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except Exception:  # a damaged archive fails in many ways
        names = []
    if "schema.json" in names:
        return f"a skops file: load it with skops.io.load, then {PICKLES}"
    if any(name.endswith(".npy") for name in names):
        return f"arrays of numpy (npz): {PICKLES}"
    return f"a zip archive: unpack it and give the pickle in it, or {PICKLES}"


def _tar(data: bytes) -> str | None:
    """Return what the first member of a tar archive, compressed or not, is; None for any other file.

    Only the first header is read: tarfile takes 6 s for 201 bytes of a compressed header of 100 KiB.
    """
    try:
        header = gzip.GzipFile(fileobj=io.BytesIO(data)).read(512) if data.startswith(b"\x1f\x8b") else data[:512]
    except (OSError, EOFError, zlib.error):
        return None
    if header[257:262] != b"ustar":
        return None
    first = header[:100].partition(b"\0")[0].decode(errors="replace")
    name = f" with {first}" if first and first.isprintable() else ""
    return f"a tar archive{name} (SageMaker's model.tar.gz?): unpack it and give the pickle in it"
