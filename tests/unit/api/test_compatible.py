"""KServe's V1, Open Inference (V2), MLflow and SageMaker give the answers of /prediction, and their own errors."""

import json
import math
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from conftest import KEY
from ml_census import auth
from ml_census.api.app import create_app
from ml_census.api.views.vertex import VertexRoutes
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.loading import Model
from ml_census.models.schema_inference import infer_schema
from ml_census.protocols import binary_tensors, mlflow, native
from ml_census.protocols.json_body import MalformedBodyError
from support.sample_models import NAMES, SampleModel

CONFIG = Config("", "", "", model_name="census", max_rows=10)
V1, V2, MLFLOW = "/v1/models/census:predict", "/v2/models/census/infer", "/invocations"
ROWS = [[39, "Private", 14, "Male"], [25, "Self-emp", 3, "Female"]]
COLUMNS: list[list[Any]] = [list(column) for column in zip(*ROWS, strict=True)]
RECORDS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
CSV = "\n".join(",".join(map(str, row)) for row in ROWS)


def tensors(columns: list[list[Any]] = COLUMNS, width: int | None = 1) -> list[dict[str, Any]]:
    """One a column, as KServe and MLServer write a DataFrame."""
    kinds = ["INT64", "BYTES", "FP32", "BYTES"]
    return [
        {"name": name, "datatype": kind, "shape": [len(data), width] if width else [len(data)], "data": data}
        for name, kind, data in zip(NAMES, kinds, columns, strict=True)
    ]


@pytest.fixture(scope="module")
def artifacts(sample_model: Callable[[str], SampleModel]) -> Artifacts:
    made = sample_model("dataframe")
    labels = {int(key): text for key, text in (made.decoding or {}).items()}
    model = Model(SklearnPredictor(made.model, infer_schema(made.model)), "0123456789ab", {"kind": "original"}, "1.9.0")
    return Artifacts(model, labels, {"census": "census"}, auth.parse_keys(KEY.encode()))


@pytest.fixture(scope="module")
def client(artifacts: Artifacts) -> FlaskClient:
    return create_app(artifacts, CONFIG).test_client()


@pytest.fixture(scope="module")
def token(client: FlaskClient) -> str:
    return str(client.get("/login", auth=("census", "census")).json["token"])  # type: ignore[index]


@pytest.fixture
def post(client: FlaskClient, token: str) -> Callable[..., TestResponse]:
    def send(path: str, body: Any, mimetype: str = "application/json", **headers: str) -> TestResponse:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        return client.post(
            path, data=data, content_type=mimetype, headers={"Authorization": f"Bearer {token}"} | headers
        )

    return send


@pytest.fixture(scope="module")
def expected(client: FlaskClient, token: str) -> list[str]:
    """What /prediction answers."""
    answer = client.post("/prediction", json={"inputs": ROWS}, headers={"Authorization": token})
    return list(answer.json["predictions"])  # type: ignore[index]


SAME = {
    "V1": (V1, {"instances": ROWS}),
    "V1, records": (V1, {"instances": RECORDS}),
    "V1, inputs": (V1, {"inputs": ROWS}),
    "MLflow, split": (MLFLOW, {"dataframe_split": {"columns": NAMES, "index": [0, 1], "data": ROWS}}),
    "MLflow, split in another order": (
        MLFLOW,
        {"dataframe_split": {"columns": NAMES[::-1], "data": [row[::-1] for row in ROWS]}},
    ),
    "MLflow, split without names": (MLFLOW, {"dataframe_split": {"data": ROWS}}),
    "MLflow, records": (MLFLOW, {"dataframe_records": RECORDS}),
    "MLflow, instances": (MLFLOW, {"instances": ROWS, "params": {}}),
    "MLflow, inputs": (MLFLOW, {"inputs": RECORDS}),
    "MLflow, inputs by column": (MLFLOW, {"inputs": dict(zip(NAMES, COLUMNS, strict=True))}),
    "MLflow, CSV": (MLFLOW, f"{','.join(NAMES)}\n{CSV}\n"),
    "MLflow, CSV with spaces": (MLFLOW, f"{', '.join(NAMES)}\n{CSV}\n"),
    "MLflow, CSV in another order": (
        MLFLOW,
        "sex,age,workclass,education-num\nMale,39,Private,14\nFemale,25,Self-emp,3",
    ),
    "SageMaker, CSV": (MLFLOW, CSV),
}


@pytest.mark.parametrize("case", SAME)
def test_the_answer_is_that_of_prediction(post: Callable[..., TestResponse], expected: list[str], case: str) -> None:
    path, body = SAME[case]

    answer = post(path, body, "text/csv" if isinstance(body, str) else "application/json")

    assert answer.json == {"predictions": expected}
    assert answer.headers["X-Model-Version"] == "0123456789ab"


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
def test_tensors_are_rows(post: Callable[..., TestResponse], expected: list[str], inputs: list[dict[str, Any]]) -> None:
    answer = post(V2, {"id": "42", "inputs": inputs})

    assert answer.json == {
        "model_name": "census",
        "model_version": "0123456789ab",
        "id": "42",
        "outputs": [{"name": "predict", "shape": [2, 1], "datatype": "BYTES", "data": expected}],
    }


def test_probabilities_are_an_output(client: FlaskClient, post: Callable[..., TestResponse], token: str) -> None:
    headers = {"Authorization": token}
    usual = client.post("/prediction?proba=true", json={"inputs": ROWS}, headers=headers).json

    outputs = [{"name": "predict_proba"}, {"name": "predict"}]
    answer = post(V2, {"inputs": tensors(), "outputs": outputs}).json

    assert usual
    assert answer
    assert [output["name"] for output in answer["outputs"]] == ["predict_proba", "predict"]
    first = answer["outputs"][0]
    assert (first["shape"], first["datatype"]) == ([2, 2], "FP64")
    assert first["data"] == [share for row in usual["probabilities"] for share in row]
    assert "id" not in answer


def binary(columns: list[list[Any]] = COLUMNS) -> tuple[bytes, dict[str, str]]:
    """A V2 request as Triton's client writes it, and its header."""
    packed = [struct.pack("<2q", *columns[0]), texts(columns[1]), struct.pack("<2f", *columns[2]), texts(columns[3])]
    inputs = [
        {key: value for key, value in tensor.items() if key != "data"} | {"parameters": {"binary_data_size": len(data)}}
        for tensor, data in zip(tensors(columns), packed, strict=True)
    ]
    document = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    return document + b"".join(packed), {binary_tensors.HEADER: str(len(document))}


def texts(values: list[str]) -> bytes:
    return b"".join(struct.pack("<I", len(value)) + value.encode() for value in values)


def test_binary_tensors_are_answered_in_binary(post: Callable[..., TestResponse], expected: list[str]) -> None:
    body, headers = binary()

    answer = post(V2, body, "application/octet-stream", **headers)

    length = int(answer.headers[binary_tensors.HEADER])
    (output,) = json.loads(answer.data[:length])["outputs"]
    assert output == {
        "name": "predict",
        "shape": [2, 1],
        "datatype": "BYTES",
        "parameters": {"binary_data_size": len(answer.data) - length},
    }
    assert answer.data[length:] == texts(expected)


def test_each_output_says_whether_it_is_binary(post: Callable[..., TestResponse], expected: list[str]) -> None:
    outputs = [{"name": "predict_proba", "parameters": {"binary_data": True}}, {"name": "predict"}]

    answer = post(V2, {"inputs": tensors(), "outputs": outputs})

    document = json.loads(answer.data[: int(answer.headers[binary_tensors.HEADER])])
    shares = struct.unpack("<4d", answer.data[-32:])
    assert document["outputs"][0]["parameters"] == {"binary_data_size": 32}
    assert shares[0] + shares[1] == pytest.approx(1)
    assert document["outputs"][1]["data"] == expected


@pytest.mark.parametrize("datatype", binary_tensors.FORMATS)
def test_binary_values_of_each_datatype_are_read_as_they_were_written(datatype: str) -> None:
    values = [True, False] if datatype == "BOOL" else [1, 100]

    assert binary_tensors.decode(datatype, binary_tensors.encode(datatype, values)) == values


@pytest.mark.parametrize(
    ("datatype", "data", "says"),
    [
        ("FP32", b"abc", "3 bytes are not a multiple of 4, the size of FP32"),
        ("BYTES", b"\x01\0\0", "must each follow their length"),
        ("BYTES", b"\x02\0\0\0a", "must each follow their length"),
        ("BYTES", b"\xff\xff\xff\xffa", "must each follow their length"),
        ("BYTES", b"\x01\0\0\0\xff", "UTF-8"),
    ],
)
def test_bad_binary_values_are_refused(datatype: str, data: bytes, says: str) -> None:
    with pytest.raises(MalformedBodyError, match=says):
        binary_tensors.decode(datatype, data)


@pytest.mark.parametrize("length", ["-1", "x", "1000000", "²", ""])
def test_a_document_that_does_not_end_in_the_body_is_a_400(post: Callable[..., TestResponse], length: str) -> None:
    body, _ = binary()

    answer = post(V2, body, **{binary_tensors.HEADER: length})

    assert (answer.status_code, binary_tensors.HEADER in str(answer.json)) == (400, True)


def test_bytes_of_no_tensor_are_a_400(post: Callable[..., TestResponse]) -> None:
    body, headers = binary()

    answer = post(V2, body + b"more", "application/octet-stream", **headers)

    assert answer.json == {"error": "4 bytes after the document belong to no tensor"}


def test_model_of_another_version_is_a_404(client: FlaskClient) -> None:
    assert client.get("/v2/models/census/versions/7/ready").status_code == 404


@pytest.mark.parametrize("path", ["/v2/models/census", "/v2/models/census/versions/0123456789ab"])
def test_the_metadata_are_the_schema(client: FlaskClient, token: str, path: str) -> None:
    answer = client.get(path, headers={"Authorization": token}).json

    assert answer == {
        "name": "census",
        "versions": ["0123456789ab"],
        "platform": "sklearn",
        "inputs": [
            {"name": "age", "datatype": "FP64", "shape": [-1, 1]},
            {"name": "workclass", "datatype": "BYTES", "shape": [-1, 1]},
            {"name": "education-num", "datatype": "FP64", "shape": [-1, 1]},
            {"name": "sex", "datatype": "BYTES", "shape": [-1, 1]},
        ],
        "outputs": [
            {"name": "predict", "datatype": "BYTES", "shape": [-1, 1]},
            {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 2]},
        ],
    }


OPEN = {
    "/v1/models": {"models": ["census"]},
    "/v1/models/census": {"name": "census", "ready": True},
    "/v2/health/live": {"live": True},
    "/v2/health/ready": {"ready": True},
    "/v2/models": {"models": ["census"]},
    "/v2/models/census/ready": {"name": "census", "ready": True},
    "/v2/models/census/versions/0123456789ab/ready": {"name": "census", "ready": True},
}


@pytest.mark.parametrize("path", OPEN)
def test_who_asks_for_the_state_needs_no_token(client: FlaskClient, path: str) -> None:
    assert client.get(path).json == OPEN[path]


def test_the_server_says_what_it_is(client: FlaskClient) -> None:
    assert client.get("/v2").json["name"] == "ml-census"  # type: ignore[index]
    assert client.get("/v2").json["extensions"] == ["binary_tensor_data"]  # type: ignore[index]
    assert client.get("/ping").status_code == 200


@pytest.mark.parametrize(
    "path", ["/v1/models/census", "/v2/health/ready", "/v2/models/census/ready", "/ping", "/health"]
)
def test_a_drain_ends_readiness(artifacts: Artifacts, path: str) -> None:
    assert create_app(artifacts, CONFIG, is_ready=lambda: False).test_client().get(path).status_code == 503


@pytest.mark.parametrize(
    ("protocol", "path"),
    [
        ("kserve", V1),
        ("open-inference", V2),
        ("mlflow", MLFLOW),
        ("vertex", "/vertex/predict"),
    ],
)
def test_an_open_protocol_wants_no_token_and_opens_no_other(artifacts: Artifacts, protocol: str, path: str) -> None:
    """An empty body is refused for what it is, where a token would have been asked for first."""
    config = replace(CONFIG, unauthenticated_protocols=(protocol,))
    client = create_app(
        artifacts, config, vertex_routes=VertexRoutes("/vertex/predict", "/vertex/health")
    ).test_client()
    paths = [V1, V2, MLFLOW, "/vertex/predict", "/prediction"]

    answers = {each: client.post(each, data="{}", content_type="application/json").status_code for each in paths}

    assert answers == {each: 400 if each == path else 403 if each == "/prediction" else 401 for each in paths}
    assert client.get("/vertex/health").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        (V1, {"instances": ROWS}, {"error": "Token is missing!"}),
        (V2, {"inputs": tensors()}, {"error": "Token is missing!"}),
        (MLFLOW, {"inputs": ROWS}, {"error_code": "UNAUTHENTICATED", "message": "Token is missing!"}),
        ("/vertex/predict", {"instances": ROWS}, {"error": "Token is missing!"}),
    ],
)
def test_without_a_token_there_is_a_401_in_the_words_of_the_protocol(
    artifacts: Artifacts, path: str, body: Any, error: dict[str, str]
) -> None:
    client = create_app(
        artifacts, CONFIG, vertex_routes=VertexRoutes("/vertex/predict", "/vertex/health")
    ).test_client()

    answer = client.post(path, json=body)

    assert (answer.status_code, answer.json) == (401, error)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def changed(number: int, **changes: Any) -> dict[str, Any]:
    """A V2 request of which one tensor is another."""
    inputs = tensors()
    inputs[number] = {key: value for key, value in (inputs[number] | changes).items() if value is not ...}
    return {"inputs": inputs}


BAD = [
    (V1, {"rows": ROWS}, '"instances"'),
    (V1, [], '"instances"'),
    (V1, b"{", "not JSON"),
    (V1, {"instances": [[39, "Private", 14]]}, "row 0: expected a list of 4 values"),
    (V1, {"instances": [*ROWS, ["x", "Private", 14, "Male"]]}, 'row 2, column age: expected a number, got "x"'),
    (V2, {"inputs": ROWS}, "each tensor must be"),
    (V2, {"inputs": []}, "a list of tensors"),
    (V2, {}, "a list of tensors"),
    (V2, {"inputs": tensors()[1:]}, 'there is no tensor "age"'),
    (V2, {"inputs": [*tensors(), tensors()[0]]}, 'two tensors "age"'),
    (V2, changed(0, name="salary"), 'no tensor "age"; the model has age, workclass'),
    (V2, changed(0, name=...), "each tensor must be"),
    (V2, changed(0, datatype="STRING"), "the datatype must be"),
    (V2, changed(0, datatype=["BYTES"]), "the datatype must be"),
    (V2, changed(0, data=...), '"data" must be a list'),
    (V2, changed(0, data=..., parameters={"binary_data_size": 8}), '"binary_data_size" must be a number of bytes'),
    (V2, changed(0, data=..., parameters={"binary_data_size": "0"}), '"binary_data_size" must be a number of bytes'),
    (V2, changed(0, data=..., parameters=[]), '"data" must be a list'),
    (V2, changed(0, shape=[3, 1]), "the shape must be [rows] or [rows, columns], of 2 values"),
    (V2, changed(0, shape=[2, 1, 1]), "the shape must be"),
    (V2, changed(0, shape=[-2, -1]), "the shape must be"),
    (V2, changed(0, shape=[2.0, 1]), "the shape must be"),
    (V2, changed(0, shape=2), "the shape must be"),
    (V2, changed(0, shape=[1, 2]), "the shape must be [rows] or [rows, 1]"),
    (V2, changed(0, shape=[1], data=[39]), "different numbers of rows"),
    (V2, {"inputs": tensors(), "outputs": [{"name": "explain"}]}, '"outputs" can be'),
    (V2, {"inputs": tensors(), "outputs": [[]]}, '"outputs" can be'),
    (V2, {"inputs": tensors(), "outputs": 5}, '"outputs" can be'),
    (V2, {"inputs": tensors(), "id": 42}, '"id" must be text'),
    (MLFLOW, {"rows": ROWS}, "one of dataframe_split"),
    (MLFLOW, {"inputs": ROWS, "instances": ROWS}, "one of dataframe_split"),
    (MLFLOW, {"inputs": "rows"}, '"inputs" must be a list of rows'),
    (MLFLOW, {"inputs": {"age": [1], "sex": []}}, "lists of equal length"),
    (MLFLOW, {"inputs": {"age": 1}}, "lists of equal length"),
    (MLFLOW, {"dataframe_split": ROWS}, '"dataframe_split" must be'),
    (MLFLOW, {"dataframe_split": {"columns": NAMES, "data": [[1]]}}, "must have 4 values"),
    (MLFLOW, {"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}, "a duplicate name"),
    (MLFLOW, {"dataframe_split": {"columns": [1, "1"], "data": [[1, 2]]}}, "a duplicate name"),
    (MLFLOW, {"dataframe_split": {"columns": [{}], "data": [[1]]}}, "a list of names"),
    (MLFLOW, {"dataframe_split": {"columns": [True], "data": [[1]]}}, "a list of names"),
    (MLFLOW, {"dataframe_records": [[1], {}]}, "row 0"),
]


@pytest.mark.parametrize(("path", "body", "says"), BAD)
def test_a_bad_body_is_a_400_that_says_where(
    post: Callable[..., TestResponse], path: str, body: Any, says: str
) -> None:
    answer = post(path, body)

    assert answer.status_code == 400
    document = answer.json
    assert document
    assert document.keys() == ({"error_code", "message"} if path == MLFLOW else {"error"})
    assert says in document["message" if path == MLFLOW else "error"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (f"{','.join(NAMES)}\n1,2\n".encode(), "each line must have 4 values"),
        (f"{','.join(NAMES)},sex\n{CSV}\n".encode(), "the first line has the column sex twice"),
        (b"age,workclass,education,sex\n39,Private,14,Male\n", "the first line does not name education-num"),
        (b'"', "not CSV"),
        (b"\xff", "not UTF-8"),
        (b"", "no rows"),
        (b"1,2\n", "the first line has 2 values, expected 4 or the names"),
    ],
)
def test_bad_csv_is_a_400(post: Callable[..., TestResponse], body: bytes, says: str) -> None:
    answer = post(MLFLOW, body, "text/csv")

    assert answer.status_code == 400
    assert says in answer.json["message"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (V1, {"instances": 6 * ROWS}, 413),
        (V2, {"inputs": tensors([6 * column for column in COLUMNS])}, 413),
        (MLFLOW, {"inputs": 6 * ROWS}, 413),
        ("/v1/models/other:predict", {"instances": ROWS}, 404),
        ("/v2/models/other/infer", {"inputs": tensors()}, 404),
    ],
)
def test_other_refusals_are_in_the_words_of_the_protocol(
    post: Callable[..., TestResponse], path: str, body: Any, status: int
) -> None:
    answer = post(path, body)

    assert answer.status_code == status
    assert (answer.json or {}).keys() == ({"error_code", "message"} if path == MLFLOW else {"error"})


def test_what_the_server_refuses_by_itself_is_in_the_words_of_the_protocol(artifacts: Artifacts) -> None:
    app = create_app(artifacts, CONFIG, vertex_routes=VertexRoutes("/predict", "/there"))

    paths = (V1, V2, MLFLOW, "/predict", "/prediction", "/v1/models/other", "/v2/other", "/v2foo", "/v1x/models")
    said = {path: json.loads(app.error_body(path, 503, "busy")) for path in paths}

    assert said == {
        V1: {"error": "busy"},
        V2: {"error": "busy"},
        MLFLOW: {"error_code": "TEMPORARILY_UNAVAILABLE", "message": "busy"},
        "/predict": {"error": "busy"},
        "/prediction": {"error message": "busy"},
        "/v1/models/other": {"error": "busy"},
        "/v2/other": {"error": "busy"},
        "/v2foo": {"error message": "busy"},
        "/v1x/models": {"error message": "busy"},
    }


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ({"dataframe_split": {"columns": ["age"], "data": [[math.nan]]}}, [{"age": None}]),
        ({"dataframe_records": [{"age": math.nan}]}, [{"age": None}]),
        ({"inputs": [[math.inf]]}, [[math.inf]]),
    ],
)
def test_mlflows_nan_is_a_missing_value(document: dict[str, Any], wanted: list[Any]) -> None:
    """As its client writes those of a DataFrame. An infinity is for the schema to refuse."""
    assert mlflow.parse(json.dumps(document).encode()) == wanted


@pytest.mark.parametrize(
    ("names", "first", "is_header"),
    [
        (["0", "1", "2"], "0,1,2", True),
        (["0", "1", "2"], "0,2,1", False),
        (["0", "1"], "0,1", False),
        (["age", "sex"], "38,x", False),
        (["age"], "age", True),
    ],
)
def test_a_first_line_of_values_is_no_header(names: list[str], first: str, is_header: bool) -> None:
    """A model that knows no names has numbers for them, which may be values too."""
    assert len(mlflow.parse_csv(f"{first}\n{first}".encode(), names)) == 2 - is_header


def test_probabilities_that_are_no_numbers_are_null() -> None:
    """JSON has no NaN."""
    assert native.render([1], {"probabilities": [[math.nan, 1.0]]})["probabilities"] == [[None, 1.0]]


def test_another_content_type_is_a_415(post: Callable[..., TestResponse]) -> None:
    assert post(MLFLOW, b"", "application/xml").status_code == 415
    assert post(V1, b"", "text/html").status_code == 415


@pytest.mark.parametrize(
    ("mimetype", "charset", "status"),
    [
        ("application/json", "UTF-8", 200),
        ("application/json", "latin-1", 415),
        ("text/csv", "UTF-8", 200),
        ("text/csv", "shift_jis", 415),
        ("text/csv", "base64", 415),
    ],
)
def test_a_charset_that_is_not_known_is_a_415(
    post: Callable[..., TestResponse], mimetype: str, charset: str, status: int
) -> None:
    body = CSV if mimetype == "text/csv" else {"inputs": ROWS}

    assert post(MLFLOW, body, f"{mimetype}; charset={charset}").status_code == status


@pytest.mark.parametrize("charset", ["ISO-8859-1", "windows-1252", "utf-16", "utf-8"])
def test_csv_is_read_in_the_charset_that_the_client_names(charset: str) -> None:
    assert mlflow.parse_csv("text\nMüller".encode(charset), ["text"], charset) == [{"text": "Müller"}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("header", [",".join(NAMES) + "\n", ""])
def test_csv_of_every_delimiter_is_answered(post: Callable[..., TestResponse], delimiter: str, header: str) -> None:
    answer = post(MLFLOW, (header + CSV).replace(",", delimiter), "text/csv")

    assert (answer.status_code, len(answer.json["predictions"])) == (200, len(ROWS))  # type: ignore[index]


def test_unknown_values_are_counted(post: Callable[..., TestResponse]) -> None:
    answer = post(V1, {"instances": [[39, "Astronaut", 14, "Male"]]})

    assert answer.headers["X-Unknown-Values"] == "1"


def test_numbers_are_answered_as_numbers(
    artifacts: Artifacts, sample_model: Callable[[str], SampleModel], token: str
) -> None:
    """A regressor's output is FP64, and has no probabilities."""
    model = Model(
        SklearnPredictor(sample_model("regressor").model, infer_schema(sample_model("regressor").model)),
        "0" * 12,
        {"kind": "original"},
        "1.9.0",
    )
    client = create_app(replace(artifacts, model=model, labels=None), CONFIG).test_client()
    tensor = {"name": "rows", "datatype": "FP64", "shape": [1, 2], "data": [39, 14]}
    headers = {"Authorization": token}

    metadata = client.get("/v2/models/census", headers=headers).json
    answer = client.post(V2, json={"inputs": [tensor]}, headers=headers).json
    refused = client.post(V2, json={"inputs": [tensor], "outputs": [{"name": "predict_proba"}]}, headers=headers)

    assert metadata
    assert metadata["outputs"] == [{"name": "predict", "datatype": "FP64", "shape": [-1, 1]}]
    assert answer
    assert answer["outputs"][0]["datatype"] == "FP64"
    assert (refused.status_code, refused.json) == (400, {"error": "this model has no probabilities"})
