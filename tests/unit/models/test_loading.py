"""A model and its decoding are loaded, or rejected with key, URI and reason."""

import hashlib
import pickle
import sys
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import RadiusNeighborsClassifier
from sklearn.neural_network import MLPClassifier

from conftest import WriteFolder
from support.load_artifacts import load_model_of, rejection_of
from support.sample_models import LABELS, NUMBERS, SAMPLE_MODELS, SampleModel, made_by


@pytest.mark.parametrize("name", SAMPLE_MODELS)
def test_each_sample_model_loads_and_predicts_decoded(
    folder: WriteFolder, sample_model: Callable[[str], SampleModel], name: str
) -> None:
    loaded = load_model_of(folder(name))

    rows = loaded.predictor.schema.validate_rows(sample_model(name).rows).columns

    assert loaded.decode(loaded.predictor.predict(rows)) == sample_model(name).decoded()


def test_model_of_the_installed_version_names_no_other(folder: WriteFolder) -> None:
    assert load_model_of(folder("logistic")).trained_with_sklearn is None


def test_model_version_is_the_start_of_the_file_hash(folder: WriteFolder) -> None:
    path = folder("logistic")

    version = load_model_of(path).version

    assert version == hashlib.sha256((path.parent / "model.pkl").read_bytes()).hexdigest()[:12]


@pytest.mark.parametrize(
    ("key", "file"),
    [
        ("model_path", "model.pkl"),
        ("prediction_decoding", "decoding.json"),
    ],
)
def test_missing_file_is_named(folder: WriteFolder, key: str, file: str) -> None:
    path = folder("logistic")
    (path.parent / file).unlink()

    message = rejection_of(path)

    assert message == f"{key}: {path.parent / file}: not found"


@pytest.mark.parametrize(
    ("key", "file", "content", "reason"),
    [
        ("model_path", "model.pkl", b"not a pickle", "not a pickle, or a damaged one"),
        ("model_path", "model.pkl", b"", "not a pickle but an empty file"),
        ("model_path", "model.pkl", pickle.dumps({"a": 1}), "has no predict"),
        ("model_path", "model.pkl", pickle.dumps(LogisticRegression()), "was never fitted: call fit"),
        ("prediction_decoding", "decoding.json", b"{", "not JSON"),
        ("prediction_decoding", "decoding.json", b"[]", "must be a JSON object"),
        ("prediction_decoding", "decoding.json", b'{"0": "low"}', "does not cover the model's classes: 1 missing"),
        ("prediction_decoding", "decoding.json", b'{"0": 0, "1": 1}', "must be decoded to text"),
        ("model_path", "schema.json", b"{", "not JSON"),
        ("model_path", "golden.json", b"{}", "golden rows are invalid"),
        ("model_path", "manifest.json", b"{}", 'must hold "files"'),
    ],
)
def test_invalid_file_is_named_with_the_reason(
    folder: WriteFolder, key: str, file: str, content: bytes, reason: str
) -> None:
    path = folder("logistic")
    (path.parent / file).write_bytes(content)

    message = rejection_of(path)

    assert message.startswith(f"{key}: {path.parent / file if file != 'model.pkl' else path.parent / 'model.pkl'}: ")
    assert reason in message


def test_decoding_of_a_regressor_is_rejected(folder: WriteFolder) -> None:
    path = folder("regressor")
    (path.parent / "decoding.json").write_text("{}")
    path.write_text(path.read_text() + f"prediction_decoding: {path.parent / 'decoding.json'}\n")

    assert "no list of classes" in rejection_of(path)


def test_decoding_of_a_multi_label_model_is_rejected(folder: WriteFolder) -> None:
    path = folder("logistic")
    two_labels = np.column_stack([LABELS, 1 - LABELS])

    joblib.dump(MLPClassifier((2,), max_iter=500, tol=1).fit(NUMBERS, two_labels), path.parent / "model.pkl")
    assert "no list of classes to decode" in rejection_of(path)

    joblib.dump(OneVsRestClassifier(LogisticRegression()).fit(NUMBERS, two_labels), path.parent / "model.pkl")
    assert "no list of classes to decode" in rejection_of(path)


def test_prediction_beyond_the_classes_is_not_decoded(folder: WriteFolder) -> None:
    path = folder("logistic")
    near = RadiusNeighborsClassifier(radius=0.1, outlier_label=-1).fit(NUMBERS, LABELS)
    joblib.dump(near, path.parent / "model.pkl")
    (path.parent / "decoding.json").write_text('{"0": "low", "1": "high"}')

    with pytest.warns(UserWarning, match="Outlier label"):
        loaded = load_model_of(path)
        answers = loaded.decode(loaded.predictor.predict([[-500], [-500]]))

    assert answers == [-1]


class ExitOnLoad:
    """A pickle that calls sys.exit."""

    def __reduce__(self) -> tuple[Any, ...]:
        return sys.exit, (0,)


def test_pickle_that_calls_exit_is_rejected(folder: WriteFolder) -> None:
    path = folder("logistic")
    (path.parent / "model.pkl").write_bytes(pickle.dumps(ExitOnLoad()))

    assert "pickle references forbidden global sys.exit; sys.exit cannot be trusted" in rejection_of(path)


def test_model_of_another_version_loads_only_with_warn(folder: WriteFolder) -> None:
    path = folder("logistic", sklearn_version_mismatch="warn")
    model = path.parent / "model.pkl"
    model.write_bytes(made_by("1.9.0", model.read_bytes()))

    assert load_model_of(path).trained_with_sklearn == "1.9.0"
    assert any("1.9.0" in warning for warning in load_model_of(path).warnings)

    path.write_text(path.read_text().replace("sklearn_version_mismatch: warn", "sklearn_version_mismatch: strict"))
    assert "trained with scikit-learn 1.9.0, installed is" in rejection_of(path)


def test_decoding_larger_than_a_mebibyte_is_rejected(folder: WriteFolder) -> None:
    path = folder("logistic")
    decoding = path.parent / "decoding.json"
    decoding.write_bytes(decoding.read_bytes().ljust(2**20, b"\n"))
    assert load_model_of(path)

    with decoding.open("ab") as stream:
        stream.write(b"\n")

    assert rejection_of(path) == f"prediction_decoding: {decoding}: larger than 1048576 bytes"
