"""A file that is no fitted model is named for what it is, with what to do, in one sentence."""

import gzip
import io
import json
import pickle
import tarfile
import zipfile
from pathlib import Path
from typing import Any

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
from ml_census.models.pickles.pickle_version import sklearn_version

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


def tarred(mode: str) -> bytes:
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
def test_a_file_that_is_no_model_is_named_for_what_it_is(name: str) -> None:
    data, words = FILES[name]

    with pytest.raises(ArtifactError) as refused:
        estimator.load_estimator("--model", "model.pkl", data)

    assert words in refused.value.reason
    assert not any(word in refused.value.reason for word in INTERNAL)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("library", [pickle, joblib])
def test_every_protocol_is_loaded(tmp_path: Path, library: Any, protocol: int) -> None:
    with (tmp_path / "model.pkl").open("wb") as file:
        library.dump(MODEL, file, protocol=protocol)

    loaded = estimator.load_estimator("--model", "model.pkl", (tmp_path / "model.pkl").read_bytes())

    assert loaded.model.predict(ROWS).tolist() == LABELS


OTHER = b"_sklearn_version\x94\x8c\x051.9.1", b"_sklearn_version\x94\x8c\x050.9.1"


def test_the_version_comes_before_the_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that another version had are no names to trust."""
    data = dumped(MODEL).replace(*OTHER).replace(b"LogisticRegression", b"LogisticRegressoin")
    assert b"0.9.1" in data

    for any_version, words in (
        (False, "installed is"),
        (True, "no sklearn.linear_model._logistic.LogisticRegressoin"),
    ):
        with pytest.raises(ArtifactError) as refused:
            estimator.load_estimator("model_path", "model.pkl", data, (), any_version)

        assert refused.value.reason.startswith("trained with scikit-learn 0.9.1")
        assert words in refused.value.reason
        assert "trusted_globals" not in refused.value.reason
        assert f"train the model again with scikit-learn {estimator.VERSION}" in refused.value.reason


@pytest.mark.parametrize(
    ("key", "data", "works"),
    [
        ("model_path", dumped(MODEL).replace(*OTHER), True),
        ("--model", dumped(MODEL).replace(*OTHER), False),  # publish has no such key
        ("model_path", dumped(MODEL).replace(*OTHER).replace(b"coef_", b"cofe_"), False),
    ],
    ids=["serve", "publish", "serve what cannot predict"],
)
def test_sklearn_version_mismatch_is_advised_only_where_it_helps(key: str, data: bytes, works: bool) -> None:
    with pytest.raises(ArtifactError) as refused:
        estimator.load_estimator(key, "model.pkl", data)

    assert ("sklearn_version_mismatch: warn" in refused.value.reason) is works


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("lzma", 3)])
def test_the_version_is_found_in_every_form(compress: Any) -> None:
    assert sklearn_version(dumped(FOREST, compress=compress)) == estimator.VERSION
    assert sklearn_version(pickle.dumps(FOREST, protocol=0)) == estimator.VERSION
    assert sklearn_version(dumped([1])) is None


NAMES = b"(lp0\ncmylib\nHalf\nacother.lib\nthing\nacnumpy\nvectorize\nac__main__\nOwn\na."


def test_all_names_are_listed_at_once_with_what_to_do_about_each_kind() -> None:
    with pytest.raises(ArtifactError) as refused:
        estimator.load_estimator("--model", "model.pkl", NAMES)

    reason = refused.value.reason
    assert "if you trust the author of the model, publish it with --trusted-global mylib.Half" in reason
    assert "--trusted-global mylib.Half --trusted-global other.lib.thing" in reason
    assert "numpy.vectorize cannot be trusted" in reason
    assert "__main__.Own was defined in a script or notebook" in reason
    for name in ("numpy.vectorize", "__main__.Own"):
        assert f"--trusted-global {name}" not in reason


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3)], ids=["plain", "zlib", "gzip"])
def test_pickle_that_is_cut_anywhere_is_named_as_cut_off(compress: Any) -> None:
    data = dumped(FOREST, compress=compress)

    for end in range(40, len(data), len(data) // 60):
        with pytest.raises(ArtifactError, match="truncated or damaged"):
            estimator.load_estimator("--model", "model.pkl", data[:end])
