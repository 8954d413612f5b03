"""What clients of other servers send and ask for: compressed bodies, NPY, CSV answers, query parameters."""

import gzip
import io
import json
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
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
from ml_census.protocols import sagemaker
from ml_census.protocols.json_body import MalformedBodyError
from support.sample_models import NAMES, SampleModel

LIMIT = 20_000
CONFIG = Config("", "", "", model_name="census", max_rows=10, max_body_bytes=LIMIT)
PREDICTION, V1, V2, MLFLOW = "/prediction", "/v1/models/census:predict", "/v2/models/census/infer", "/invocations"
VERTEX = "/vertex/predict"
ROWS = [[39, "Private", 14, "Male"], [25, "Self-emp", 3, "Female"]]
TENSORS = [
    {"name": name, "datatype": kind, "shape": [2], "data": list(column)}
    for name, kind, column in zip(NAMES, ["INT64", "BYTES", "FP32", "BYTES"], zip(*ROWS, strict=True), strict=True)
]
BODIES = {
    PREDICTION: {"inputs": ROWS},
    V1: {"instances": ROWS},
    VERTEX: {"instances": ROWS},
    V2: {"inputs": TENSORS},
    MLFLOW: {"inputs": ROWS},
}
BY_NUMBERS = [path for path in BODIES if path != V2]


@pytest.fixture(scope="module")
def artifacts(sample_model: Callable[[str], SampleModel]) -> Artifacts:
    made = sample_model("dataframe")
    labels = {int(key): text for key, text in (made.decoding or {}).items()}
    model = Model(SklearnPredictor(made.model, infer_schema(made.model)), "0123456789ab", {"kind": "original"}, "1.9.0")
    return Artifacts(model, labels, {"census": "census"}, auth.parse_keys(KEY.encode()))


@pytest.fixture(scope="module")
def client(artifacts: Artifacts) -> FlaskClient:
    return create_app(artifacts, CONFIG, vertex_routes=VertexRoutes(VERTEX, "/vertex/health")).test_client()


@pytest.fixture(scope="module")
def post(client: FlaskClient) -> Callable[..., TestResponse]:
    token = client.get("/login", auth=("census", "census")).json["token"]  # type: ignore[index]

    def send(path: str, body: Any, mimetype: str = "application/json", **headers: str) -> TestResponse:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post(path, data=data, content_type=mimetype, headers={"Authorization": f"Bearer {token}"} | named)

    return send


@pytest.fixture(scope="module")
def expected(post: Callable[..., TestResponse]) -> list[str]:
    """What /prediction answers."""
    return list(post(PREDICTION, BODIES[PREDICTION]).json["predictions"])  # type: ignore[index]


def said(answer: TestResponse) -> str:
    """The message of an error, in the words of its protocol."""
    document = answer.json or {}
    return str(document.get("error message") or document.get("error") or document.get("message"))


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", "identity"])
def test_a_body_may_be_compressed(post: Callable[..., TestResponse], path: str, encoding: str) -> None:
    text = json.dumps(BODIES[path]).encode()
    plain = post(path, text)

    answer = post(path, text if encoding == "identity" else gzip.compress(text), Content_Encoding=encoding)

    assert (answer.status_code, answer.data) == (200, plain.data)


def test_csv_may_be_compressed(post: Callable[..., TestResponse], expected: list[str]) -> None:
    text = "\n".join(",".join(map(str, row)) for row in ROWS).encode()

    answer = post(MLFLOW, gzip.compress(text), "text/csv", Content_Encoding="gzip")

    assert answer.json == {"predictions": expected}


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    ("body", "encoding", "status", "reason"),
    [
        (gzip.compress(b" " * (LIMIT + 1)), "gzip", 413, f"larger than max_body_bytes ({LIMIT} bytes)"),
        (gzip.compress(b" " * 100_000_000, 1)[:LIMIT], "gzip", 413, "larger than max_body_bytes"),
        (gzip.compress(b" " * 100)[:-4], "gzip", 400, "one complete member"),
        (gzip.compress(b"{") + gzip.compress(b"}"), "gzip", 400, "one complete member"),
        (b"{}", "gzip", 400, "not gzip"),
        (b"", "gzip", 400, "one complete member"),
        (gzip.compress(b"{}")[:-8] + b"12345678", "gzip", 400, "not gzip"),
        (zlib.compress(b"{}"), "deflate", 415, "Content-Encoding must be gzip"),
        (b"{}", "br", 415, "Content-Encoding must be gzip"),
        (gzip.compress(gzip.compress(b"{}")), "gzip, gzip", 415, "Content-Encoding must be gzip"),
    ],
    # bytes as ids would differ between the workers of pytest-xdist: gzip's head has the time
    ids=["large", "bomb", "cut", "two members", "not compressed", "empty", "wrong sum", "deflate", "brotli", "twice"],
)
def test_a_body_that_cannot_be_decompressed_is_refused(
    post: Callable[..., TestResponse], path: str, body: bytes, encoding: str, status: int, reason: str
) -> None:
    answer = post(path, body, Content_Encoding=encoding)

    assert answer.status_code == status
    assert reason in said(answer)


@pytest.mark.parametrize("path", BODIES)
def test_a_body_over_the_limit_is_told_the_limit_and_its_key(post: Callable[..., TestResponse], path: str) -> None:
    answer = post(path, b" " * (LIMIT + 1))

    assert answer.status_code == 413
    assert f"max_body_bytes ({LIMIT} bytes)" in said(answer)


@pytest.mark.parametrize("path", BY_NUMBERS)
def test_rows_over_the_limit_are_told_the_limit_and_its_key(post: Callable[..., TestResponse], path: str) -> None:
    (name,) = BODIES[path]

    answer = post(path, {name: 6 * ROWS})

    assert answer.status_code == 413
    assert "12 rows" in said(answer) and "max_rows (10)" in said(answer)


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("query", ["probability=true", "Proba=true", "x"])
def test_an_unknown_query_parameter_is_refused_by_name(
    post: Callable[..., TestResponse], path: str, query: str
) -> None:
    answer = post(f"{path}?{query}", BODIES[path])

    assert answer.status_code == 400
    assert f'unknown query parameter "{query.partition("=")[0]}"' in said(answer)


@pytest.mark.parametrize("path", BY_NUMBERS)
def test_probabilities_and_warnings_are_for_every_protocol_that_has_no_form_of_its_own(
    post: Callable[..., TestResponse], path: str
) -> None:
    usual = post(f"{PREDICTION}?proba=true", BODIES[PREDICTION]).json

    answer = post(f"{path}?proba=true&warnings=true", BODIES[path])

    assert answer.json == usual | {"warnings": []}  # type: ignore[operator]


def test_v2_says_how_probabilities_are_asked_for_there(post: Callable[..., TestResponse]) -> None:
    answer = post(f"{V2}?proba=true", BODIES[V2])

    assert answer.status_code == 400
    assert "predict_proba" in said(answer)


@pytest.mark.parametrize("path", BY_NUMBERS)
def test_a_flag_is_true_or_false_in_every_protocol(post: Callable[..., TestResponse], path: str) -> None:
    answer = post(f"{path}?proba=yes", BODIES[path])

    assert (answer.status_code, said(answer)) == (400, "proba must be true or false")


def test_params_of_mlflow_are_refused_since_the_model_takes_none(post: Callable[..., TestResponse]) -> None:
    answer = post(MLFLOW, {"inputs": ROWS, "params": {"predict_method": "predict_proba"}})

    assert answer.status_code == 400
    assert '"params"' in said(answer)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v1/models/other:predict", 'there is no model "other": the model is called "census"'),
        ("/v1/models/other", 'there is no model "other": the model is called "census"'),
        ("/v2/models/other/infer", 'there is no model "other": the model is called "census"'),
        ("/v2/models/other/versions/1/ready", 'there is no model "other": the model is called "census"'),
        ("/v2/models/census/explain", "there is nothing at this path: GET /docs lists all paths"),
        ("/v1/models/census:explain", "there is nothing at this path: GET /docs lists all paths"),
        ("/invocation", "there is nothing at this path: GET /docs lists all paths"),
        ("/predict", "there is nothing at this path: GET /docs lists all paths"),
    ],
)
def test_a_path_that_is_not_there_is_told_in_plain_words(
    post: Callable[..., TestResponse], path: str, message: str
) -> None:
    answer = post(path, {})

    assert (answer.status_code, said(answer)) == (404, message)


def test_another_method_is_told_the_methods(post: Callable[..., TestResponse], client: FlaskClient) -> None:
    answers = post("/version", {}), client.get(V1)

    assert [(answer.status_code, said(answer)) for answer in answers] == [
        (405, "the method must be GET"),
        (405, "the method must be POST"),
    ]


NUMBERS = np.array([[0.25, 1.5], [-1, 3], [2, np.nan]])


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("array", "rows"),
    [
        (NUMBERS, [[0.25, 1.5], [-1, 3], [2, None]]),
        (np.asfortranarray(NUMBERS), [[0.25, 1.5], [-1, 3], [2, None]]),
        (NUMBERS.astype(">f4"), [[0.25, 1.5], [-1, 3], [2, None]]),
        (NUMBERS.astype("longdouble"), [[0.25, 1.5], [-1, 3], [2, None]]),
        (np.array([1, 2], "uint8"), [[1], [2]]),
        (np.array([[True], [False]]), [[True], [False]]),
        (np.array([["a", "bä"]]), [["a", "bä"]]),
        (np.empty((0, 3)), []),
    ],
)
def test_an_array_of_numpy_is_rows(array: Any, rows: list[Any]) -> None:
    assert sagemaker.parse_npy(npy(array)) == rows


HEADER = b"\x93NUMPY\x01\x00"


def with_header(text: str, data: bytes = b"") -> bytes:
    return HEADER + len(text).to_bytes(2, "little") + text.encode() + data


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        npy(NUMBERS)[:-1],
        npy(NUMBERS) + b"x",
        npy(np.array([None, 1])),
        npy(np.zeros((2, 2, 2))),
        npy(np.array(1.0)),
        npy(np.array([1j])),
        npy(np.array(["2020-01-01"], dtype="datetime64[D]")),
        npy(np.array([b"x"])),
        npy(np.zeros(2, dtype=[("a", float)])),
        with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 1000000)}\n"),
        with_header("{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000000,)}\n"),
        with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 0)}\n"),
        with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}\n"),
        with_header("{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}\n", b"\xff\xff\xff\xff"),
        with_header("{'descr': 'x', 'fortran_order': False, 'shape': (1,)}\n"),
        with_header("(" * 5000),
        with_header("{'descr': 9L, }"),
        HEADER.replace(b"\x01\x00", b"\x09\x00") + b"\0" * 100,
    ],
)
def test_what_is_no_array_of_rows_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedBodyError, match=r"the body is not an array \(.npy\)"):
        sagemaker.parse_npy(body)


def test_sagemakers_client_sends_and_gets_arrays(post: Callable[..., TestResponse], expected: list[str]) -> None:
    array = np.array([[str(value) for value in row] for row in ROWS])

    answer = post(MLFLOW, npy(array), "application/x-npy", Accept="application/x-npy")

    assert (answer.status_code, answer.mimetype) == (200, "application/x-npy")
    assert np.load(io.BytesIO(answer.data)).tolist() == expected
    assert answer.headers["X-Model-Version"] == "0123456789ab"


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("text/csv", "text/csv"),
        ("text/csv;q=0.9, application/json;q=0.1", "text/csv"),
        ("*/*", "application/json"),
        ("text/html", "application/json"),
        ("application/json, text/csv;q=0.5", "application/json"),
        ("", "application/json"),
    ],
)
def test_the_answer_comes_in_the_form_that_is_accepted(
    post: Callable[..., TestResponse], expected: list[str], accept: str, mimetype: str
) -> None:
    answer = post(MLFLOW, BODIES[MLFLOW], Accept=accept)

    assert (answer.status_code, answer.mimetype) == (200, mimetype)
    assert answer.text.splitlines() == expected if mimetype == "text/csv" else answer.json["predictions"] == expected  # type: ignore[index]


@pytest.mark.parametrize(
    ("predictions", "text", "array"),
    [
        (["a,b", 'c"d'], '"a,b"\r\n"c""d"\r\n', ["a,b", 'c"d']),
        ([1, 2], "1\r\n2\r\n", [1, 2]),
        ([[1.5, 2.0], [3.0, 4.0]], "1.5,2.0\r\n3.0,4.0\r\n", [[1.5, 2.0], [3.0, 4.0]]),
        ([float("inf"), 1.0], "inf\r\n1.0\r\n", [float("inf"), 1.0]),
        ([True, False], "True\r\nFalse\r\n", [True, False]),
        ([1, "a"], "1\r\na\r\n", ["1", "a"]),
        ([2**70, 1], f"{2**70}\r\n1\r\n", [str(2**70), "1"]),
    ],
)
def test_predictions_are_written_as_csv_and_as_an_array(predictions: list[Any], text: str, array: list[Any]) -> None:
    assert sagemaker.render_csv(predictions) == text
    assert np.load(io.BytesIO(sagemaker.render_npy(predictions))).tolist() == array


@pytest.mark.parametrize("accept", ["text/csv", "application/x-npy"])
def test_probabilities_have_no_place_in_csv_and_arrays(post: Callable[..., TestResponse], accept: str) -> None:
    answer = post(f"{MLFLOW}?proba=true", BODIES[MLFLOW], Accept=accept)

    assert answer.status_code == 400
    assert "proba need Accept: application/json" in said(answer)
