"""Labels of each dtype and categories of each type, in every protocol, as JSON and as binary values."""

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
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import predict_example
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.model import ServedModel
from ml_census.models.pickles.predictor_factory import learn_schema

UNAUTHENTICATED = Config("", "", "", unauthenticated_protocols=("kserve", "open-inference", "mlflow"))
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


def client_for(model: Any) -> FlaskClient:
    predictor = SklearnPredictor(model, learn_schema(model))
    (sample,) = predict_example(predictor)
    served = ServedModel(predictor, "0123456789ab", EngineInfo("sklearn"), "1.9.0", sample=sample)
    artifacts = Artifacts(served, {"census": "census"}, auth.parse_keys(KEY.encode()))
    return create_app(artifacts, UNAUTHENTICATED).test_client()


def tensors(rows: list[list[Any]], names: list[str]) -> list[dict[str, Any]]:
    datatypes = {str: "BYTES", bool: "BOOL", int: "INT64", float: "FP64"}
    result = []
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        datatype = next((datatypes[type(value)] for value in values if value is not None), "BYTES")
        result.append({"name": name, "shape": [len(values)], "datatype": datatype, "data": list(values)})
    return result


def assert_served(client: FlaskClient, rows: list[list[Any]], expected: list[Any]) -> None:
    """Assert that each protocol returns the model's predictions, with the datatypes and shapes of its metadata."""
    token = client.get("/login", auth=("census", "census")).json["token"]  # type: ignore[index]
    headers = {"Authorization": token}
    for path, key in (("/prediction", "inputs"), ("/v1/models/model:predict", "instances"), ("/invocations", "inputs")):
        response = client.post(path, json={key: rows}, headers=headers)
        assert (response.status_code, response.json["predictions"]) == (200, expected), path  # type: ignore[index]
    metadata = client.get("/v2/models/model").json
    assert metadata
    names = [tensor["name"] for tensor in metadata["inputs"]]
    described_outputs = {tensor["name"]: tensor for tensor in metadata["outputs"]}
    inputs = tensors(rows, names)
    outputs = [{"name": name} for name in described_outputs]
    response = client.post("/v2/models/model/infer", json={"inputs": inputs, "outputs": outputs})
    assert response.status_code == 200, response.text
    for output in response.json["outputs"]:  # type: ignore[index]
        assert output["shape"] == [len(rows), described_outputs[output["name"]]["shape"][1]]
        assert output["datatype"] == described_outputs[output["name"]]["datatype"]
    assert response.json["outputs"][0]["data"] == list(np.array(expected, dtype=object).ravel())  # type: ignore[index]
    binary = {"inputs": inputs, "outputs": outputs, "parameters": {"binary_data_output": True}}
    response = client.post("/v2/models/model/infer", json=binary)
    assert response.status_code == 200, response.text
    document = json.loads(response.data[: int(response.headers["Inference-Header-Content-Length"])])
    sizes = [output["parameters"]["binary_data_size"] for output in document["outputs"]]
    assert sum(sizes) == len(response.data) - int(response.headers["Inference-Header-Content-Length"])
    assert client.get("/schema", headers=headers).status_code == 200


@pytest.mark.parametrize("dtype", LABELS)
def test_label_dtype_is_returned_by_every_protocol(dtype: str) -> None:
    model = KNeighborsClassifier(3).fit(NUMBERS, LABELS[dtype])

    assert_served(
        client_for(model),
        NUMBERS[:5].tolist(),
        [getattr(each, "item", lambda each=each: each)() for each in model.predict(NUMBERS[:5])],
    )


@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder()], ids=lambda encoder: type(encoder).__name__)
@pytest.mark.parametrize("kind", CATEGORIES)
def test_category_type_is_accepted_by_every_protocol(kind: str, encoder: Any) -> None:
    rows = [[value] for value in CATEGORIES[kind]]
    frame = pd.DataFrame({"c": CATEGORIES[kind] * 20})
    model = make_pipeline(encoder, DecisionTreeClassifier()).fit(frame, [3, 7] * 20)

    assert_served(client_for(model), rows, [3, 7])


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
def test_several_outputs_have_the_shapes_of_the_metadata(model: Any) -> None:
    expected = np.asarray(model.predict(NUMBERS[:4]))
    rows = [row[0] if len(row) == 1 else row for row in expected.tolist()]

    assert_served(client_for(model), NUMBERS[:4].tolist(), rows)


def test_binary_output_holds_labels_beyond_int64() -> None:
    """struct raises an error for them as INT64."""
    model = KNeighborsClassifier(1).fit(NUMBERS, LABELS["uint64"])
    inputs = tensors(NUMBERS[:1].tolist(), ["0", "1"])
    body = {"inputs": inputs, "outputs": [{"name": "predict", "parameters": {"binary_data": True}}]}

    response = client_for(model).post("/v2/models/model/infer", json=body)

    length = int(response.headers["Inference-Header-Content-Length"])
    assert struct.unpack("<Q", response.data[length:]) == (int(model.predict(NUMBERS[:1])[0]),)


def test_integer_categories_are_int64_in_the_metadata() -> None:
    model = make_pipeline(OrdinalEncoder(), CategoricalNB()).fit(pd.DataFrame({"c": [1, 2] * 20}), [0, 1] * 20)

    (described,) = client_for(model).get("/v2/models/model").json["inputs"]  # type: ignore[index]

    assert described["datatype"] == "INT64"
