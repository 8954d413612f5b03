"""All artifacts are read and tried out at the start; what cannot be used is named by key, URI and reason."""

import hashlib
import json
import pickle
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import RadiusNeighborsClassifier
from sklearn.neural_network import MLPClassifier

from ml_census import config
from ml_census.artifacts.bundle import Artifacts, log_warnings
from ml_census.errors import ArtifactError
from ml_census.models import loading
from ml_census.storage.snapshot import Snapshot
from support import harmful_module
from support.load_artifacts import load_artifacts
from support.sample_models import LABELS, NUMBERS, SAMPLE_MODELS, SampleModel, made_by

Folder = Callable[..., Path]


def load(path: Path) -> Artifacts:
    return load_artifacts(config.load(str(path)))


def refusal(path: Path) -> str:
    with pytest.raises(ArtifactError) as raised:
        load(path)
    message = str(raised.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", SAMPLE_MODELS)
def test_every_kind_of_model_loads_and_answers_decoded(
    folder: Folder, sample_model: Callable[[str], SampleModel], name: str
) -> None:
    loaded = load(folder(name))

    rows = loaded.predictor.schema.validate_rows(sample_model(name).rows).columns

    assert loaded.model.decode(loaded.predictor.predict(rows)) == sample_model(name).decoded()


def test_a_model_of_this_scikit_learn_is_made_by_no_other(folder: Folder) -> None:
    assert load(folder("logistic")).model.trained_with_sklearn is None


def test_the_model_version_is_the_hash_of_the_file(folder: Folder) -> None:
    path = folder("logistic")

    version = load(path).model.version

    assert version == hashlib.sha256((path.parent / "model.pkl").read_bytes()).hexdigest()[:12]


@pytest.mark.parametrize(
    ("key", "file"),
    [
        ("model_path", "model.pkl"),
        ("users", "users.json"),
        ("secret", "secret.txt"),
        ("prediction_decoding", "decoding.json"),
    ],
)
def test_a_missing_file_is_named(folder: Folder, key: str, file: str) -> None:
    path = folder("logistic")
    (path.parent / file).unlink()

    message = refusal(path)

    assert message == f"{key}: {path.parent / file}: not found"


@pytest.mark.parametrize(
    ("key", "file", "content", "reason"),
    [
        ("model_path", "model.pkl", b"not a pickle", "not a pickle, or a damaged one"),
        ("model_path", "model.pkl", b"", "not a pickle but an empty file"),
        ("model_path", "model.pkl", pickle.dumps({"a": 1}), "has no predict"),
        ("model_path", "model.pkl", pickle.dumps(LogisticRegression()), "was never fitted: call fit"),
        ("users", "users.json", b"{", "not JSON"),
        ("secret", "secret.txt", b"short", "shorter than 32 bytes"),
        ("prediction_decoding", "decoding.json", b"{", "not JSON"),
        ("prediction_decoding", "decoding.json", b"[]", "must be a JSON object"),
        ("prediction_decoding", "decoding.json", b'{"0": "low"}', "does not cover the model's classes: 1 missing"),
        ("prediction_decoding", "decoding.json", b'{"0": 0, "1": 1}', "must be decoded to text"),
        ("model_path", "schema.json", b"{", "not JSON"),
        ("model_path", "golden.json", b"{}", "golden rows are invalid"),
        ("model_path", "manifest.json", b"{}", 'must hold "files"'),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(
    folder: Folder, key: str, file: str, content: bytes, reason: str
) -> None:
    path = folder("logistic")
    (path.parent / file).write_bytes(content)

    message = refusal(path)

    assert message.startswith(f"{key}: {path.parent / file if file != 'model.pkl' else path.parent / 'model.pkl'}: ")
    assert reason in message


def test_a_folder_in_place_of_a_file_is_refused(folder: Folder, tmp_path: Path) -> None:
    assert refusal(folder(users=str(tmp_path))).endswith("is a folder, not a file")


def test_a_decoding_for_a_model_without_classes_is_refused(folder: Folder) -> None:
    path = folder("regressor")
    (path.parent / "decoding.json").write_text("{}")
    path.write_text(path.read_text() + f"prediction_decoding: {path.parent / 'decoding.json'}\n")

    assert "no list of classes" in refusal(path)


def test_a_model_that_cannot_predict_is_refused(folder: Folder) -> None:
    path = folder("logistic")
    model = joblib.load(path.parent / "model.pkl")
    del model.coef_
    joblib.dump(model, path.parent / "model.pkl")

    assert "cannot predict: AttributeError" in refusal(path)


def test_golden_numbers_of_a_regressor_are_compared(folder: Folder) -> None:
    path = folder("regressor")
    (answer,) = load(path).predictor.predict([[39], [10]])

    (path.parent / "golden.json").write_text(json.dumps({"rows": [[39, 10]], "predictions": [answer]}))
    assert load(path)

    (path.parent / "golden.json").write_text(json.dumps({"rows": [[39, 10]], "predictions": [answer + 1]}))
    assert "golden row 0: the model predicts" in refusal(path)


def test_golden_probabilities_of_a_regressor_are_refused(folder: Folder) -> None:
    path = folder("regressor")
    (answer,) = load(path).predictor.predict([[39], [10]])
    golden = {"rows": [[39, 10]], "predictions": [answer], "probabilities": [[0.5, 0.5]]}
    (path.parent / "golden.json").write_text(json.dumps(golden))

    assert "the model has none" in refusal(path)


def test_a_decoding_of_several_values_a_row_is_refused(folder: Folder) -> None:
    path = folder("logistic")
    two_labels = np.column_stack([LABELS, 1 - LABELS])

    joblib.dump(MLPClassifier((2,), max_iter=500, tol=1).fit(NUMBERS, two_labels), path.parent / "model.pkl")
    assert "no list of classes to decode" in refusal(path)

    joblib.dump(OneVsRestClassifier(LogisticRegression()).fit(NUMBERS, two_labels), path.parent / "model.pkl")
    assert "no list of classes to decode" in refusal(path)


def test_an_answer_beyond_the_classes_is_answered_as_it_is(folder: Folder) -> None:
    path = folder("logistic")
    near = RadiusNeighborsClassifier(radius=0.1, outlier_label=-1).fit(NUMBERS, LABELS)
    joblib.dump(near, path.parent / "model.pkl")
    (path.parent / "decoding.json").write_text('{"0": "low", "1": "high"}')

    with pytest.warns(UserWarning, match="Outlier label"):
        loaded = load(path)
        answers = loaded.model.decode(loaded.predictor.predict([[-500], [-500]]))

    assert answers == [-1]


class Leaving:
    def __reduce__(self) -> tuple[Any, ...]:
        return sys.exit, (0,)


def test_a_pickle_that_leaves_is_refused(folder: Folder) -> None:
    path = folder("logistic")
    (path.parent / "model.pkl").write_bytes(pickle.dumps(Leaving()))

    assert "pickle references forbidden global sys.exit; sys.exit cannot be trusted" in refusal(path)


def test_plaintext_passwords_are_logged_without_the_password(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    path = folder("logistic")

    log_warnings(config.load(str(path)), load(path))

    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "1 password(s) in plain text" in record.getMessage()


def test_model_of_another_scikit_learn_loads_only_by_warn(folder: Folder) -> None:
    path = folder("logistic", sklearn_version_mismatch="warn")
    model = path.parent / "model.pkl"
    model.write_bytes(made_by("1.9.0", model.read_bytes()))

    assert load(path).model.trained_with_sklearn == "1.9.0"
    assert any("1.9.0" in warning for warning in load(path).model.warnings)

    path.write_text(path.read_text().replace("sklearn_version_mismatch: warn", "sklearn_version_mismatch: strict"))
    assert "trained with scikit-learn 1.9.0, installed is" in refusal(path)


@pytest.mark.parametrize("listed", [True, False])
def test_the_configuration_pins_the_model_by_its_hash(folder: Folder, listed: bool) -> None:
    """Of manifest.json if there is one, which vouches for the rest; a manifest that is taken away changes nothing."""
    path = folder("logistic")
    model, manifest = path.parent / "model.pkl", path.parent / "manifest.json"
    pinned = model
    if listed:
        files = {"model.pkl": hashlib.sha256(model.read_bytes()).hexdigest()}
        manifest.write_text(json.dumps({"files": files}))
        pinned = manifest
    path.write_text(path.read_text() + f"model_sha256: {hashlib.sha256(pinned.read_bytes()).hexdigest()}\n")
    assert load(path)

    joblib.dump(SAMPLE_MODELS["logistic"]().model, model, compress=1)
    assert "SHA-256 mismatch" in refusal(path)
    if listed:
        manifest.write_text(json.dumps({"files": {"model.pkl": hashlib.sha256(model.read_bytes()).hexdigest()}}))
        assert "SHA-256 mismatch" in refusal(path)
        manifest.unlink()
        assert "SHA-256 mismatch" in refusal(path)


class Making:
    """Unpickled, it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return harmful_module.make_folder, (self.path,)


@pytest.mark.parametrize("listed", [True, False])
def test_changed_file_of_a_pinned_model_is_not_unpickled(folder: Folder, tmp_path: Path, listed: bool) -> None:
    path, made = folder("logistic", trusted_globals=["support.harmful_module.make_folder"]), tmp_path / "made"
    model, manifest = path.parent / "model.pkl", path.parent / "manifest.json"
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    if listed:
        manifest.write_text(json.dumps({"files": {"model.pkl": digest}}))
        digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    model.write_bytes(pickle.dumps(Making(made)))
    if not listed:
        assert "has no predict" in refusal(path)
        made.rmdir()

    path.write_text(path.read_text() + f"model_sha256: {digest}\n")

    assert "SHA-256 mismatch" in refusal(path)
    with pytest.raises(ArtifactError, match="SHA-256 mismatch"):
        loading.load_model(config.load(str(path)), Snapshot())
    assert not made.exists()


def test_a_pin_of_a_manifest_that_does_not_list_the_model_is_refused(folder: Folder) -> None:
    path = folder("logistic")
    manifest = path.parent / "manifest.json"
    manifest.write_text(json.dumps({"files": {}}))
    assert load(path)

    path.write_text(path.read_text() + f"model_sha256: {hashlib.sha256(manifest.read_bytes()).hexdigest()}\n")

    assert refusal(path).endswith("does not list model.pkl, so model_sha256 does not protect the file")


@pytest.mark.parametrize(
    ("key", "file"), [("users", "users.json"), ("secret", "secret.txt"), ("prediction_decoding", "decoding.json")]
)
def test_users_keys_and_a_decoding_of_more_than_a_mebibyte_are_refused(folder: Folder, key: str, file: str) -> None:
    path = folder("logistic")
    (path.parent / file).write_bytes((path.parent / file).read_bytes().ljust(2**20, b"\n"))
    assert load(path)

    with (path.parent / file).open("ab") as more:
        more.write(b"\n")

    assert refusal(path) == f"{key}: {path.parent / file}: larger than 1048576 bytes"


def golden(path: Path, **changes: Any) -> None:
    loaded = load(path)
    rows = [[39, 10], [20, 3]]
    clean = loaded.predictor.schema.validate_rows(rows).columns
    document = {
        "rows": rows,
        "predictions": loaded.model.decode(loaded.predictor.predict(clean)),
        "probabilities": loaded.predictor.probabilities(clean),
    }
    (path.parent / "golden.json").write_text(json.dumps(document | changes))


def test_golden_probability_off_by_a_millionth_is_refused(folder: Folder) -> None:
    path = folder("logistic")
    golden(path)
    document = json.loads((path.parent / "golden.json").read_text())
    document["probabilities"][0][0] += 1e-6
    (path.parent / "golden.json").write_text(json.dumps(document))

    assert "other probabilities" in refusal(path)


def test_golden_rows_that_come_out_as_written_are_accepted(folder: Folder) -> None:
    path = folder("logistic")
    golden(path)

    assert load(path).model.labels


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"predictions": ["Annual Salary >50K", "Annual Salary >50K"]}, "golden row 1: the model predicts"),
        ({"predictions": ["Annual Salary <50K"]}, "one prediction for each of 2 rows"),
        ({"probabilities": [[0.5, 0.5], [0.5, 0.5]]}, "other probabilities"),
        ({"probabilities": [[0.5, 0.5]]}, "probabilities for each row or for none"),
        ({"probabilities": [[0.5], [0.5]]}, "other probabilities"),
        ({"probabilities": [[0.5], [0.5, 0.5]]}, "other probabilities"),
        ({"probabilities": [[0.5, 0.5], "x"]}, "golden rows are invalid"),
        ({"predictions": 7}, "golden rows are invalid"),
        ({"rows": [["x", 10]]}, "golden rows are invalid"),
    ],
)
def test_a_model_that_answers_golden_rows_otherwise_is_refused(
    folder: Folder, changes: dict[str, Any], reason: str
) -> None:
    path = folder("logistic")
    golden(path, **changes)

    assert reason in refusal(path)


def test_a_file_that_is_not_the_manifests_is_refused(folder: Folder) -> None:
    path = folder("logistic")
    files = {"model.pkl": hashlib.sha256((path.parent / "model.pkl").read_bytes()).hexdigest()}
    (path.parent / "manifest.json").write_text(json.dumps({"files": files}))
    assert load(path)

    joblib.dump(SAMPLE_MODELS["logistic"]().model, path.parent / "model.pkl", compress=1)

    assert re.search("SHA-256 mismatch: the file has [0-9a-f]{64}, manifest.json has [0-9a-f]{64}", refusal(path))


def test_a_file_that_the_manifest_lists_must_be_there(folder: Folder) -> None:
    path = folder("logistic")
    (path.parent / "manifest.json").write_text(json.dumps({"files": {"schema.json": "0" * 64}}))

    assert refusal(path) == f"model_path: {path.parent / 'schema.json'}: not found"
