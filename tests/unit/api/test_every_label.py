"""Every model that is let in answers every protocol: labels of each dtype, categories of each type, JSON and binary."""

import json
import struct
from typing import Any

import numpy as np
import pandas as pd
import pytest
from flask.testing import FlaskClient
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import CategoricalNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier

from conftest import KEY
from ml_census import auth
from ml_census.api.app import create_app
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from ml_census.engine.predictor import predict_example
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.estimator import learnt
from ml_census.models.loading import Model

OPEN = Config("", "", "", unauthenticated_protocols=("kserve", "open-inference", "mlflow"))
NUMBERS = np.random.default_rng(0).random((60, 2))
TWO = (NUMBERS[:, 0] > 0.5).astype(int)
LABELS: dict[str, Any] = {
    "bool": TWO.astype(bool),
    "int8": TWO.astype(np.int8),
    "uint64": np.where(TWO, np.uint64(2**64 - 1), np.uint64(1)),
    "int64": np.where(TWO, -(2**63), 5),
    "float16": TWO.astype(np.float16),
    "float64": TWO * 2.0,
    "str": np.where(TWO, "yes", "nö"),
    "object": np.where(TWO, "yes", "no").astype(object),
    "Int64": pd.Series(TWO, dtype="Int64"),
    "boolean": pd.Series(TWO, dtype="boolean"),
    "string": pd.Series(np.where(TWO, "yes", "no"), dtype="string"),
    "category": pd.Series(np.where(TWO, "yes", "no"), dtype="category"),
}
CATEGORIES: dict[str, list[Any]] = {
    "text": ["a", "b"],
    "integers": [1, 2],
    "floats": [1.5, 2.5],
    "booleans": [False, True],
    "large": [2**62, 2**62 + 1024],
    "text and missing": ["a", None],
    "umlauts": ["ä", "日本"],
}


def client_of(model: Any) -> FlaskClient:
    original = SklearnPredictor(model, learnt(model))
    (sample,) = predict_example(original)
    made = Model(original, "0123456789ab", {"kind": "original"}, "1.9.0")
    return create_app(
        Artifacts(made, None, {"census": "census"}, auth.parse_keys(KEY.encode()), sample=sample), OPEN
    ).test_client()


def tensors(rows: list[list[Any]], names: list[str]) -> list[dict[str, Any]]:
    kinds = {str: "BYTES", bool: "BOOL", int: "INT64", float: "FP64"}
    made = []
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        kind = next((kinds[type(value)] for value in values if value is not None), "BYTES")
        made.append({"name": name, "shape": [len(values)], "datatype": kind, "data": list(values)})
    return made


def check(client: FlaskClient, rows: list[list[Any]], wanted: list[Any]) -> None:
    """Each protocol answers what the model predicts, and what its metadata promise."""
    token = client.get("/login", auth=("census", "census")).json["token"]  # type: ignore[index]
    headers = {"Authorization": token}
    for path, key in (("/prediction", "inputs"), ("/v1/models/model:predict", "instances"), ("/invocations", "inputs")):
        answer = client.post(path, json={key: rows}, headers=headers)
        assert (answer.status_code, answer.json["predictions"]) == (200, wanted), path  # type: ignore[index]
    metadata = client.get("/v2/models/model").json
    assert metadata
    names = [each["name"] for each in metadata["inputs"]]
    promised = {each["name"]: each for each in metadata["outputs"]}
    inputs = tensors(rows, names)
    outputs = [{"name": name} for name in promised]
    answer = client.post("/v2/models/model/infer", json={"inputs": inputs, "outputs": outputs})
    assert answer.status_code == 200, answer.text
    for output in answer.json["outputs"]:  # type: ignore[index]
        assert output["shape"] == [len(rows), promised[output["name"]]["shape"][1]]
        assert output["datatype"] == promised[output["name"]]["datatype"]
    assert answer.json["outputs"][0]["data"] == list(np.array(wanted, dtype=object).ravel())  # type: ignore[index]
    binary = {"inputs": inputs, "outputs": outputs, "parameters": {"binary_data_output": True}}
    answer = client.post("/v2/models/model/infer", json=binary)
    assert answer.status_code == 200, answer.text
    document = json.loads(answer.data[: int(answer.headers["Inference-Header-Content-Length"])])
    sizes = [output["parameters"]["binary_data_size"] for output in document["outputs"]]
    assert sum(sizes) == len(answer.data) - int(answer.headers["Inference-Header-Content-Length"])
    assert client.get("/schema", headers=headers).status_code == 200


@pytest.mark.parametrize("dtype", LABELS)
def test_labels_of_each_dtype_are_answered_by_every_protocol(dtype: str) -> None:
    model = KNeighborsClassifier(3).fit(NUMBERS, LABELS[dtype])

    check(
        client_of(model),
        NUMBERS[:5].tolist(),
        [getattr(each, "item", lambda each=each: each)() for each in model.predict(NUMBERS[:5])],
    )


@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder()], ids=lambda encoder: type(encoder).__name__)
@pytest.mark.parametrize("kind", CATEGORIES)
def test_categories_of_each_type_are_taken_by_every_protocol(kind: str, encoder: Any) -> None:
    rows = [[value] for value in CATEGORIES[kind]]
    frame = pd.DataFrame({"c": CATEGORIES[kind] * 20})
    model = make_pipeline(encoder, DecisionTreeClassifier()).fit(frame, [3, 7] * 20)

    check(client_of(model), rows, [3, 7])


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(3, random_state=0).fit(NUMBERS, NUMBERS > 0.5),
        MultiOutputClassifier(KNeighborsClassifier()).fit(NUMBERS, np.where(NUMBERS > 0.5, "yes", "no")),
        ClassifierChain(KNeighborsClassifier()).fit(NUMBERS, (NUMBERS > 0.5).astype(int)),
        KNeighborsRegressor().fit(NUMBERS, NUMBERS),
        LinearRegression().fit(NUMBERS, NUMBERS[:, :1]),
        KNeighborsClassifier().fit(NUMBERS, np.column_stack([TWO, np.arange(60) % 3])),
    ],
    ids=["multilabel", "texts", "chain", "regression", "one target", "different classes"],
)
def test_models_of_several_outputs_keep_what_their_metadata_promise(model: Any) -> None:
    wanted = np.asarray(model.predict(NUMBERS[:4]))
    rows = [row[0] if len(row) == 1 else row for row in wanted.tolist()]

    check(client_of(model), NUMBERS[:4].tolist(), rows)


def test_a_binary_answer_holds_labels_beyond_the_range_of_int64() -> None:
    """struct refuses them: a 500."""
    model = KNeighborsClassifier(1).fit(NUMBERS, LABELS["uint64"])
    inputs = tensors(NUMBERS[:1].tolist(), ["0", "1"])
    body = {"inputs": inputs, "outputs": [{"name": "predict", "parameters": {"binary_data": True}}]}

    answer = client_of(model).post("/v2/models/model/infer", json=body)

    length = int(answer.headers["Inference-Header-Content-Length"])
    assert struct.unpack("<Q", answer.data[length:]) == (int(model.predict(NUMBERS[:1])[0]),)


def test_codes_of_categories_that_the_model_takes_are_integers_in_the_metadata() -> None:
    model = make_pipeline(OrdinalEncoder(), CategoricalNB()).fit(pd.DataFrame({"c": [1, 2] * 20}), [0, 1] * 20)

    (described,) = client_of(model).get("/v2/models/model").json["inputs"]  # type: ignore[index]

    assert described["datatype"] == "INT64"
