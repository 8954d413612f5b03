"""A file that is not a fitted model is rejected with its format or content, and a remedy."""

import gzip
import io
import json
import tarfile
import zipfile
from typing import Any, Literal

import joblib
import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ml_census.errors import ArtifactError
from ml_census.models.pickles import estimator

ROWS, LABELS = [[0.0], [1.0]] * 20, [0, 1] * 20


def dumped(model: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    joblib.dump(model, file, **options)
    return file.getvalue()


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, b"{}")
    return file.getvalue()


def long_header() -> bytes:
    """A tar archive whose extended header is 100 KiB of digits; tarfile takes seconds to read it."""
    info = tarfile.TarInfo("h")
    info.type, info.size = tarfile.XHDTYPE, 100 * 1024
    return gzip.compress(info.tobuf() + b"0" * info.size)


def tarred(mode: Literal["w", "w:gz", "w:bz2", "w:xz"]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        entry = tarfile.TarInfo("model.joblib")
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"\x80\x04N."))
    return file.getvalue()


def saved_array() -> bytes:
    file = io.BytesIO()
    np.save(file, np.arange(3))
    return file.getvalue()


MODEL = LogisticRegression().fit(ROWS, LABELS)
FOREST = RandomForestClassifier(20, random_state=0).fit(ROWS, LABELS)
TEXTS_OF_FILES = make_pipeline(CountVectorizer(), LogisticRegression()).fit(["a cat", "a dog"] * 9, [0, 1] * 9)
TEXTS_OF_FILES[0].input = "filename"
COLUMN_OF_FILES = make_pipeline(make_column_transformer((TfidfVectorizer(), 0)), LogisticRegression()).fit(
    np.array([["a cat"], ["a dog"]] * 9, dtype=object), [0, 1] * 9
)
COLUMN_OF_FILES[0].transformers_[0][1].input = "file"
FILES = {
    "git-lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n", "git lfs pull"),
    "HTML": (b"\n<!DOCTYPE html><html>Sign in</html>", "a web page"),
    "HTML without a type": (b"<HTML><head>", "a web page"),
    "XML": (b'<?xml version="1.0"?><PMML/>', "PMML"),
    "zip": (zipped("a.txt"), "zip archive"),
    "half a zip": (b"PK\x03\x04\x14\x00", "zip archive"),
    "skops": (zipped("schema.json"), "skops"),
    "npz": (zipped("a.npy"), "npz"),
    "npy": (saved_array(), "NumPy array"),
    "tar.gz": (tarred("w:gz"), "tar archive with model.joblib"),
    "tar": (tarred("w"), "tar archive with model.joblib"),
    "damaged tar.gz": (tarred("w:gz")[:12] + b"\xff" * 40, "truncated or damaged"),
    "tar.gz of one long header": (long_header(), "tar archive with h "),
    "ONNX": (b"\x08\x08\x12\x08skl2onnx\x1a\x061.17.0", "ONNX"),
    "HDF5": (b"\x89HDF\r\n\x1a\n....", "HDF5"),
    "JSON": (json.dumps({"learner": {}}).encode(), "JSON"),
    "nothing": (b"", "an empty file"),
    "text": (b"hello, world\n", "not a pickle, or a damaged one"),
    "bytes": (bytes(range(7, 250)), "not a pickle, or a damaged one"),
    "cut off": (dumped(MODEL)[:-30], "truncated or damaged"),
    "cut off in an array": (dumped(FOREST)[:9000], "truncated or damaged"),
    "cut off, compressed": (dumped(FOREST, compress=3)[:-200], "truncated or damaged"),
    "cut off, gzip": (gzip.compress(dumped(FOREST))[:-200], "truncated or damaged"),
    "not fitted": (dumped(RandomForestClassifier()), "was never fitted: call fit"),
    "pipeline not fitted": (dumped(make_pipeline(StandardScaler(), LogisticRegression())), "was never fitted"),
    "search not fitted": (dumped(GridSearchCV(LogisticRegression(), {"C": [1]})), "was never fitted"),
    "a class": (dumped(LogisticRegression), "the class LogisticRegression, not a model"),
    "a dict that holds it": (dumped({"model": MODEL, "columns": ["a"]}), "a dict has no predict, but contains a model"),
    "a tuple that holds it": (dumped((MODEL, 1)), "a tuple has no predict, but contains a model"),
    "a transformer": (dumped(make_column_transformer(("drop", [0])).fit(ROWS)), "ColumnTransformer has no predict"),
    "a vectorizer of files": (dumped(TEXTS_OF_FILES), "CountVectorizer(input='filename') opens files whose paths"),
    "a column of files": (dumped(COLUMN_OF_FILES), "TfidfVectorizer(input='file') opens files whose paths"),
    "a search without refit": (
        dumped(GridSearchCV(LogisticRegression(), {"C": [1]}, refit=False, cv=2).fit(ROWS, LABELS)), "refit=True",
    ),
}  # fmt: skip
INTERNAL = ("KeyError", "IndexError", "EOFError", "persistent", "pop from", "zlib", "Traceback", "UnpicklingError")


@pytest.mark.parametrize("name", FILES)
def test_file_of_another_format_is_rejected_by_name(name: str) -> None:
    data, words = FILES[name]

    with pytest.raises(ArtifactError) as raised:
        estimator.load_estimator("--model", "model.pkl", data)

    assert words in raised.value.reason
    assert not any(word in raised.value.reason for word in INTERNAL)
