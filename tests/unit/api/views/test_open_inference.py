"""The Open Inference Protocol (V2)."""

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from ml_census.api.app import create_app
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.model import ServedModel
from ml_census.models.schema_inference import infer_schema
from ml_census.protocols import binary_tensors
from support.api_requests import BODIES, COLUMNS, PREDICTION, ROWS, V2, VERSION, Post, error_message, tensors
from support.sample_models import SampleModel


@pytest.mark.parametrize(
    "inputs",
    [
        tensors(),
        tensors(width=None),
        tensors([[[value] for value in column] for column in COLUMNS]),
        tensors()[::-1],
        [{"name": "rows", "datatype": "BYTES", "shape": [2, 4], "data": [str(value) for row in ROWS for value in row]}],
        [{"name": "rows", "datatype": "BYTES", "shape": [2, 4], "data": ROWS}],
    ],
    ids=["columns", "flat", "nested", "another order", "one tensor", "one nested tensor"],
)
def test_tensors_are_predicted_as_rows(post: Post, expected: list[str], inputs: list[dict[str, Any]]) -> None:
    assert post(V2, {"id": "42", "inputs": inputs}).json == {
        "model_name": "census",
        "model_version": VERSION,
        "id": "42",
        "outputs": [{"name": "predict", "shape": [2, 1], "datatype": "BYTES", "data": expected}],
    }


def test_probabilities_are_an_output(post: Post) -> None:
    native = post(f"{PREDICTION}?proba=true", BODIES[PREDICTION]).json or {}
    outputs = [{"name": "predict_proba"}, {"name": "predict"}]

    document = post(V2, {"inputs": tensors(), "outputs": outputs}).json or {}

    assert [output["name"] for output in document["outputs"]] == ["predict_proba", "predict"]
    first = document["outputs"][0]
    assert (first["shape"], first["datatype"]) == ([2, 2], "FP64")
    assert first["data"] == [probability for row in native["probabilities"] for probability in row]
    assert "id" not in document


def binary_request(columns: list[list[Any]] = COLUMNS) -> tuple[bytes, dict[str, str]]:
    """Return the body of a request as Triton's client writes it, and its header."""
    packed = [struct.pack("<2q", *columns[0]), texts(columns[1]), struct.pack("<2f", *columns[2]), texts(columns[3])]
    inputs = [
        {key: value for key, value in tensor.items() if key != "data"} | {"parameters": {"binary_data_size": len(data)}}
        for tensor, data in zip(tensors(columns), packed, strict=True)
    ]
    document = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    return document + b"".join(packed), {binary_tensors.HEADER: str(len(document))}


def texts(values: list[str]) -> bytes:
    return b"".join(struct.pack("<I", len(value)) + value.encode() for value in values)


def test_binary_request_has_a_binary_response(post: Post, expected: list[str]) -> None:
    body, headers = binary_request()

    response = post(V2, body, "application/octet-stream", **headers)

    length = int(response.headers[binary_tensors.HEADER])
    (output,) = json.loads(response.data[:length])["outputs"]
    size = len(response.data) - length
    assert output == {
        "name": "predict",
        "shape": [2, 1],
        "datatype": "BYTES",
        "parameters": {"binary_data_size": size},
    }
    assert response.data[length:] == texts(expected)


def test_one_output_may_be_binary_alone(post: Post, expected: list[str]) -> None:
    outputs = [{"name": "predict_proba", "parameters": {"binary_data": True}}, {"name": "predict"}]

    response = post(V2, {"inputs": tensors(), "outputs": outputs})

    document = json.loads(response.data[: int(response.headers[binary_tensors.HEADER])])
    probabilities = struct.unpack("<4d", response.data[-32:])
    assert document["outputs"][0]["parameters"] == {"binary_data_size": 32}
    assert probabilities[0] + probabilities[1] == pytest.approx(1)
    assert document["outputs"][1]["data"] == expected


@pytest.mark.parametrize("length", ["-1", "x", "1000000", "²", ""])
def test_document_beyond_the_body_is_a_400(post: Post, length: str) -> None:
    body, _ = binary_request()

    response = post(V2, body, **{binary_tensors.HEADER: length})

    assert response.status_code == 400
    assert binary_tensors.HEADER in error_message(response)


def test_bytes_of_no_tensor_are_a_400(post: Post) -> None:
    body, headers = binary_request()

    response = post(V2, body + b"more", "application/octet-stream", **headers)

    assert response.json == {"error": "4 bytes after the document belong to no tensor"}


def changed(number: int, **changes: Any) -> dict[str, Any]:
    """Return a request with changes in one tensor; the value ... removes a key."""
    inputs = tensors()
    inputs[number] = {key: value for key, value in (inputs[number] | changes).items() if value is not ...}
    return {"inputs": inputs}


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"inputs": ROWS}, "each tensor must be"),
        ({"inputs": []}, "a list of tensors"),
        ({}, "a list of tensors"),
        ({"inputs": tensors()[1:]}, 'tensor "age" is missing'),
        ({"inputs": [*tensors(), tensors()[0]]}, 'tensor "age" is present twice'),
        (changed(0, name="salary"), 'tensor "age" is missing: the model has the columns age, workclass'),
        (changed(0, name=...), "each tensor must be"),
        (changed(0, datatype="STRING"), "the datatype must be"),
        (changed(0, datatype=["BYTES"]), "the datatype must be"),
        (changed(0, data=...), '"data" must be a list'),
        (changed(0, data=..., parameters={"binary_data_size": 8}), '"binary_data_size" must be a number of bytes'),
        (changed(0, data=..., parameters={"binary_data_size": "0"}), '"binary_data_size" must be a number of bytes'),
        (changed(0, data=..., parameters=[]), '"data" must be a list'),
        (changed(0, shape=[3, 1]), "the shape must be [rows] or [rows, columns], of 2 values"),
        (changed(0, shape=[2, 1, 1]), "the shape must be"),
        (changed(0, shape=[-2, -1]), "the shape must be"),
        (changed(0, shape=[2.0, 1]), "the shape must be"),
        (changed(0, shape=2), "the shape must be"),
        (changed(0, shape=[1, 2]), "the shape must be [rows] or [rows, 1]"),
        (changed(0, shape=[1], data=[39]), "different numbers of rows"),
        ({"inputs": tensors(), "outputs": [{"name": "explain"}]}, '"outputs" can be'),
        ({"inputs": tensors(), "outputs": [[]]}, '"outputs" can be'),
        ({"inputs": tensors(), "outputs": 5}, '"outputs" can be'),
        ({"inputs": tensors(), "id": 42}, '"id" must be text'),
    ],
)
def test_malformed_request_is_a_400(post: Post, body: dict[str, Any], part: str) -> None:
    response = post(V2, body)

    assert response.status_code == 400
    assert list(response.json or {}) == ["error"]
    assert part in (response.json or {})["error"]


@pytest.mark.parametrize("path", ["/v2/models/census", f"/v2/models/census/versions/{VERSION}"])
def test_metadata_describe_the_schema(client: FlaskClient, token: str, path: str) -> None:
    datatypes = {"age": "FP64", "workclass": "BYTES", "education-num": "FP64", "sex": "BYTES"}

    assert client.get(path, headers={"Authorization": token}).json == {
        "name": "census",
        "versions": [VERSION],
        "platform": "sklearn",
        "inputs": [{"name": name, "datatype": datatype, "shape": [-1, 1]} for name, datatype in datatypes.items()],
        "outputs": [
            {"name": "predict", "datatype": "BYTES", "shape": [-1, 1]},
            {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 2]},
        ],
    }


def test_state_of_server_and_model_needs_no_token(client: FlaskClient) -> None:
    ready = {"name": "census", "ready": True}
    expected = {
        "/v2/health/live": {"live": True},
        "/v2/health/ready": {"ready": True},
        "/v2/models": {"models": ["census"]},
        "/v2/models/census/ready": ready,
        f"/v2/models/census/versions/{VERSION}/ready": ready,
    }

    assert {path: client.get(path).json for path in expected} == expected


def test_server_metadata_list_the_extensions(client: FlaskClient) -> None:
    document = client.get("/v2").json or {}

    assert (document["name"], document["extensions"]) == ("ml-census", ["binary_tensor_data"])


def test_other_model_version_is_a_404(client: FlaskClient) -> None:
    response = client.get("/v2/models/census/versions/7/ready")

    assert (response.status_code, response.json) == (
        404,
        {"error": f'model version "7" not found: the server has version {VERSION}'},
    )


def test_regressor_has_numbers_and_no_probabilities(
    artifacts: Artifacts, config: Config, sample_model: Callable[[str], SampleModel], token: str
) -> None:
    regressor = sample_model("regressor").model
    model = ServedModel(SklearnPredictor(regressor, infer_schema(regressor)), "0" * 12, EngineInfo("sklearn"), "1.9.0")
    client = create_app(replace(artifacts, model=model), config).test_client()
    tensor = {"name": "rows", "datatype": "FP64", "shape": [1, 2], "data": [39, 14]}
    headers = {"Authorization": token}

    metadata = client.get("/v2/models/census", headers=headers).json or {}
    response = client.post(V2, json={"inputs": [tensor]}, headers=headers).json or {}
    rejected = client.post(V2, json={"inputs": [tensor], "outputs": [{"name": "predict_proba"}]}, headers=headers)

    assert metadata["outputs"] == [{"name": "predict", "datatype": "FP64", "shape": [-1, 1]}]
    assert response["outputs"][0]["datatype"] == "FP64"
    assert (rejected.status_code, rejected.json) == (400, {"error": "this model has no probabilities"})
