"""The HTTP interface, through the real application with a real model."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import request, request_started
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from conftest import KEY
from ml_census import auth
from ml_census.api.app import create_app
from ml_census.api.fast_path import FastPathFlask
from ml_census.api.views.vertex import VertexRoutes
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.loading import Model
from ml_census.models.schema_inference import infer_schema
from ml_census.schema.schema import Columns
from support.sample_models import NAMES, SampleModel

LIMIT = 20_000
CONFIG = Config("", "", "", max_body_bytes=LIMIT, max_rows=1000)
ROW = [39, "Private", 14, "Male"]


@pytest.fixture(scope="module")
def artifacts(sample_model: Callable[[str], SampleModel]) -> Artifacts:
    made = sample_model("article")
    labels = {int(key): text for key, text in (made.decoding or {}).items()}
    predictor = SklearnPredictor(made.model, infer_schema(made.model, NAMES))
    model = Model(predictor, "0123456789ab", {"kind": "original", "reason": "a test"}, "1.9.0")
    return Artifacts(model, labels, {"census": "census"}, auth.parse_keys(KEY.encode()))


@pytest.fixture
def client(artifacts: Artifacts) -> FlaskClient:
    return create_app(artifacts, CONFIG).test_client()


@pytest.fixture
def token(client: FlaskClient) -> str:
    answer = client.get("/login", auth=("census", "census"))
    return str(answer.json["token"])  # type: ignore[index]


@pytest.fixture
def post(client: FlaskClient, token: str) -> Callable[..., TestResponse]:
    def send(body: Any, path: str = "/prediction", **options: Any) -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": token, "Content-Type": "application/json"} | options.pop("headers", {})
        return client.open(path, method=options.pop("method", "POST"), data=data, headers=headers)

    return send


def test_the_login_answers_a_token_that_is_not_cached(client: FlaskClient) -> None:
    answer = client.get("/login", auth=("Census", "census"))

    assert answer.status_code == 200
    assert list(answer.json) == ["token", "expires_in"]  # type: ignore[arg-type]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"


@pytest.mark.parametrize(
    "header",
    [
        "Basic dTpwOnE=",  # u:p:q
        "basic dTpwOnE=",
        "Basic  dTpwOnE=",  # as many spaces as one likes (RFC 9110, 11.4)
    ],
)
def test_a_password_may_hold_a_colon(artifacts: Artifacts, header: str) -> None:
    client = create_app(replace(artifacts, users={"u": "p:q"}), CONFIG).test_client()

    assert client.get("/login", headers={"Authorization": header}).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic",
        "Basic !!!",
        "Basic Y2Vuc3Vz",  # census, no colon
        "Basic Y2Vuc3VzOg==",  # census and an empty password
        "Basic Y2Vuc3VzOndyb25n",  # census:wrong
        "Basic bm9ib2R5OmNlbnN1cw==",  # nobody:census
        "Basic Y2Vuc3VzOmNlbnN1cw",  # census:census, but for the padding
        "Basic Y2Vuc3VzOmNlbnN1cw= =",
        "Basic\tY2Vuc3VzOmNlbnN1cw==",
        "Basic Y2Vuc3VzADpjZW5zdXM=",  # with NUL after census
        "Basic Y2Vuc3VzOmNlbnN1cwA=",
        "Basic Y2Vuc3VzOj8_Pz4-",  # for URLs
        "Basic Y2Vuc3VzOmNlbnN1czpjZW5zdXM=",  # census:census:census
        "Basic Y2Vuc3VzOmNlbnN1cw==, Basic Y2Vuc3VzOmNlbnN1cw==",
        "Basic " + "Y2Vuc3VzOmNlbnN1cw==" * 500,
        "Basic /////w==",
        "Basic \xff\xff",
        "Bearer x",
        "census:census",
        "Digest username=census",
    ],
)
def test_a_failed_login_is_the_articles_401(client: FlaskClient, header: str | None) -> None:
    answer = client.get("/login", headers={"Authorization": header} if header else {})

    assert answer.status_code == 401
    assert answer.data == b'{"error message": "your password or username is invalid"}'
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="ml-census", charset="UTF-8"'
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("scheme", ["", "Bearer ", "bearer "])
def test_a_token_opens_prediction_bare_or_as_bearer(
    post: Callable[..., TestResponse], token: str, method: str, scheme: str
) -> None:
    answer = post({"inputs": [ROW]}, method=method, headers={"Authorization": scheme + token})

    assert answer.status_code == 200
    assert answer.data == b'{"predictions": ["Annual Salary >50K"]}'


@pytest.mark.parametrize("header", ["", " ", "Bearer", "Bearer "])
def test_no_token_is_the_articles_403(post: Callable[..., TestResponse], header: str) -> None:
    answer = post({"inputs": [ROW]}, headers={"Authorization": header})

    assert answer.status_code == 403
    assert answer.data == b'{"error message": "Token is missing!"}'


def test_a_token_is_taken_from_the_authorization_alone(client: FlaskClient, token: str) -> None:
    """What stands in a query or a body ends up in logs."""
    for query in ("token", "access_token", "Authorization"):
        path, body = f"/prediction?{query}={token}", {"inputs": [ROW], query: token}
        headers = {query.title().replace("_", "-"): token} if query != "Authorization" else {}
        headers |= {"Cookie": f"{query}={token}", "X-Authorization": token, "Proxy-Authorization": token}

        answer = client.post(path, json=body, headers=headers)

        assert (answer.status_code, answer.json) == (403, {"error message": "Token is missing!"})


@pytest.mark.parametrize(
    "header", ["x", "Bearer x", "Bearer a.b.c", "Basic Y2Vuc3VzOmNlbnN1cw==", "Bearer " + "x" * 9000]
)
def test_a_bad_token_is_the_articles_403(post: Callable[..., TestResponse], header: str) -> None:
    answer = post({"inputs": [ROW]}, headers={"Authorization": header})

    assert answer.status_code == 403
    assert answer.data == b'{"error message": "Token is invalid!"}'


def test_the_token_comes_before_the_body(post: Callable[..., TestResponse]) -> None:
    """Who may not ask learns nothing about what may be asked."""
    assert post(b"{", headers={"Authorization": "x"}).status_code == 403


def test_answers_are_the_models_own(
    post: Callable[..., TestResponse], sample_model: Callable[[str], SampleModel]
) -> None:
    answer = post({"inputs": sample_model("article").rows})

    assert answer.json == {"predictions": sample_model("article").decoded()}
    assert answer.headers["X-Model-Version"] == "0123456789ab"


def test_probabilities_come_when_asked_for(post: Callable[..., TestResponse]) -> None:
    answer = post({"inputs": [ROW, ROW]}, "/prediction?proba=true").json

    assert list(answer) == ["predictions", "probabilities"]  # type: ignore[arg-type]
    assert [sum(row) for row in answer["probabilities"]] == pytest.approx([1, 1])  # type: ignore[index]


def test_unknown_categories_are_answered_counted_and_listed_when_asked_for(post: Callable[..., TestResponse]) -> None:
    rows = [[39, "Astronaut", 10, "Other"], [39, "astronaut", 10, "Male"]]

    plain, asked = post({"inputs": rows}), post({"inputs": rows}, "/prediction?warnings=true")

    assert plain.headers["X-Unknown-Values"] == asked.headers["X-Unknown-Values"] == "3"
    assert list(plain.json) == ["predictions"]  # type: ignore[arg-type]
    assert [(entry["row"], entry["column"]) for entry in asked.json["warnings"]] == [  # type: ignore[index]
        (0, "workclass"),
        (0, "sex"),
        (1, "workclass"),
    ]


def test_known_values_have_no_header(post: Callable[..., TestResponse]) -> None:
    assert "X-Unknown-Values" not in post({"inputs": [ROW]}).headers


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON: Expecting property name enclosed in double quotes at line 1 column 2"),
        (b"\xff", "not UTF-8"),
        ('{"inputs": []}'.encode("utf-16"), "not UTF-8"),
        ('{"inputs": []}'.encode("utf-8-sig"), "not JSON"),
        (b'{"inputs": [], "inputs": [[39, "Private", 14, "Male"]]}', 'duplicate name "inputs"'),
        (b'{"inputs": [{"age": 39, "workclass": "Private", "age": 40}]}', 'duplicate name "age"'),
        (b"[" * 10_000, "nested too deeply"),
        (b'{"inputs": ' + b"9" * 5000 + b"}", "too many digits"),
        (b"[]", '"inputs"'),
        (b"null", '"inputs"'),
        (b"{}", '"inputs"'),
        (b'{"inputs": null}', "must be a list of rows"),
        (b'{"inputs": []}', "holds no rows"),
    ],
)
def test_a_body_that_is_not_the_format_is_a_400(post: Callable[..., TestResponse], body: bytes, part: str) -> None:
    answer = post(body)

    assert answer.status_code == 400
    assert part in answer.json["error message"]  # type: ignore[index]


def test_rows_that_do_not_fit_are_a_400_with_row_and_column(post: Callable[..., TestResponse]) -> None:
    answer = post(b'{"inputs": [[39, "Private", 14, "Male"], ["abc", "Private", NaN, "Male"]]}')

    assert answer.status_code == 400
    assert [(entry["row"], entry["column"], entry["got"]) for entry in answer.json["details"]] == [  # type: ignore[index]
        (1, "age", "abc"),
        (1, "education-num", "nan"),
    ]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"inputs": [ROW, ROW]}, {}),
        ({"inputs": [ROW]}, {"Content-Type": "application/json;charset=utf-8"}),
        ({"inputs": [ROW]}, {"Content-Type": "application/json; charset=UTF-8"}),
        ({"inputs": [ROW]}, {"Content-Type": "application/json; charset=latin-1"}),
        ({"inputs": [ROW]}, {"Content-Type": "application/vnd.api+json"}),
        ({"inputs": [ROW]}, {"Content-Type": ""}),
        ({"inputs": [[39, "Astronaut", 14, "Male"]]}, {}),
        ({"inputs": [["abc", "Private", 14, "Male"]]}, {}),
        ({"inputs": [[1e30, "Private", 1, "Male"]]}, {}),
        ({"inputs": []}, {}),
        (b"", {}),
        (b"{", {}),
        (b"\xff", {}),
        (b" " * LIMIT, {}),
        (b" " * (LIMIT + 1), {}),
        ({"inputs": [ROW]}, {"Authorization": ""}),
        ({"inputs": [ROW]}, {"Authorization": "x"}),
        ({"inputs": [ROW]}, {"Content-Type": "text/plain"}),
        ({"inputs": [ROW]}, {"Host": "a b"}),
    ],
)
def test_the_direct_way_answers_as_flask_does(
    post: Callable[..., TestResponse], body: Any, headers: dict[str, str]
) -> None:
    """A query is what takes the same request through Flask."""
    headers = {"X-Request-Id": "same", **headers}

    direct, through_flask = (post(body, path, headers=headers) for path in ("/prediction", "/prediction?proba=false"))

    assert (direct.status, direct.data) == (through_flask.status, through_flask.data)
    assert sorted(direct.headers) == sorted(through_flask.headers)


def test_usual_request_bypasses_flask(post: Callable[..., TestResponse]) -> None:
    dispatched: list[str] = []

    def note(_app: FastPathFlask, **_: Any) -> None:
        dispatched.append(request.path)

    with request_started.connected_to(note):
        assert post({"inputs": [ROW]}).status_code == 200
        assert dispatched == []
        assert post({"inputs": [ROW]}, "/prediction?proba=false").status_code == 200

    assert dispatched == ["/prediction"]


@pytest.mark.parametrize(
    ("engine", "path", "length", "lane"),
    [
        ("compiled", "/prediction", 4096, "quick"),
        ("compiled", "/prediction", 4097, "work"),
        ("compiled", "//prediction", 1, "quick"),
        ("original", "/prediction", 1, "work"),
        ("compiled", "/v1/models/model:predict", 4096, "quick"),
        ("compiled", "/v2/models/model/infer", 4096, "quick"),
        ("compiled", "/v2/models/model/versions/7/infer", 4096, "quick"),
        ("compiled", "/invocations", 4096, "quick"),
        ("compiled", "/invocations", 4097, "work"),
        ("compiled", "/vertex/predict", 4096, "quick"),
        ("compiled", "/version", 0, "work"),
        ("compiled", "/login", 0, "login"),
        ("compiled", "//login", 0, "login"),
        ("compiled", "/login/", 0, "work"),
        ("original", "/livez", 0, "probe"),
        ("original", "/readyz", 0, "probe"),
        ("original", "/ping", 0, "probe"),
        ("original", "/health", 0, "probe"),
        ("original", "/v1/models/model", 0, "probe"),
        ("original", "/v1/models", 0, "work"),
        ("original", "/v2/health/live", 0, "probe"),
        ("original", "/v2/health/ready", 0, "probe"),
        ("original", "/v2/models/model/ready", 0, "probe"),
        ("original", "/v2/models/model", 0, "work"),
        ("original", "/vertex/health", 0, "probe"),
        ("original", "/vertex/predict", 0, "work"),
        ("original", "/version", 0, "work"),
    ],
)
def test_each_kind_of_request_has_its_lane(
    artifacts: Artifacts, engine: str, path: str, length: int, lane: str
) -> None:
    model = replace(artifacts.model, engine={"kind": engine})

    app = create_app(
        replace(artifacts, model=model), CONFIG, vertex_routes=VertexRoutes("/vertex/predict", "/vertex/health")
    )

    assert app.queue_for(path, length) == lane


def test_too_many_rows_are_refused(post: Callable[..., TestResponse]) -> None:
    assert post({"inputs": [[]] * 1000}).status_code == 400
    refused = post({"inputs": [[]] * 1001})
    assert refused.status_code == 413
    assert refused.json == {"error message": "1001 rows exceed max_rows (1000): split the request"}


class Failing(SklearnPredictor):
    """A model that fails as nobody foresaw, with a client's value in the message."""

    def predict(self, columns: Columns) -> list[Any]:
        raise ValueError(columns)


@pytest.mark.parametrize("path", ["/prediction", "/prediction?proba=false"])
def test_unforeseen_failure_is_a_500_logged_without_its_message(
    artifacts: Artifacts, token: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The message may hold a value of a row."""
    original = artifacts.predictor
    assert isinstance(original, SklearnPredictor)
    failing = replace(artifacts.model, predictor=Failing(original.model, original.schema))
    client = create_app(replace(artifacts, model=failing), CONFIG).test_client()
    rows, headers = [[39, "canary", 14, "Male"]], {"Authorization": token, "X-Request-Id": "abc"}

    answer = client.post(path, json={"inputs": rows}, headers=headers)

    assert answer.status_code == 500
    assert "error message" in answer.json  # type: ignore[operator]
    assert answer.headers["X-Request-Id"] == "abc"
    assert "request abc: ValueError" in caplog.text and "in predict" in caplog.text
    assert "canary" not in caplog.text + answer.text


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=latin-1", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"],
)
def test_another_content_type_is_a_415(post: Callable[..., TestResponse], content_type: str) -> None:
    assert post({"inputs": [ROW]}, headers={"Content-Type": content_type}).status_code == 415


def test_a_body_over_the_limit_is_a_413(post: Callable[..., TestResponse]) -> None:
    assert post(b" " * LIMIT).status_code == 400
    assert post(b" " * (LIMIT + 1)).status_code == 413


@pytest.mark.parametrize("query", ["proba=maybe", "warnings=1"])
def test_a_flag_is_true_or_false(post: Callable[..., TestResponse], query: str) -> None:
    assert post({"inputs": [ROW]}, f"/prediction?{query}").status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/login/", 404),
        ("GET", "/login;x", 404),
        ("GET", "/./login", 404),
        ("GET", "/Login", 404),
        ("PUT", "/login", 405),
        ("PUT", "/prediction", 405),
        ("TRACE", "/", 405),
    ],
)
def test_errors_are_json_with_a_request_id(client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method)

    assert answer.status_code == status
    assert "error message" in answer.json  # type: ignore[operator]
    assert answer.headers["X-Request-Id"]
    assert ("Allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize("path", ["/v1//models", "/v2/health//live", "/vertex", "/vertex/", "/vertex//", "/login/"])
def test_no_answer_leads_to_the_host_that_the_client_names(artifacts: Artifacts, path: str) -> None:
    """A redirect would hold it, and send a token there."""
    client = create_app(artifacts, CONFIG, vertex_routes=VertexRoutes("/vertex/predict", "/vertex/")).test_client()

    answer = client.get(path, headers={"Host": "evil.example"})

    assert answer.status_code in (200, 404)
    assert "evil" not in str(answer.headers) + answer.text


@pytest.mark.parametrize(("sent", "kept"), [("abc-1", True), ("a b", False), ("x" * 129, False), ("", False)])
def test_a_sane_request_id_is_kept(client: FlaskClient, sent: str, kept: bool) -> None:
    assert (client.get("/livez", headers={"X-Request-Id": sent}).headers["X-Request-Id"] == sent) is kept


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("traceparent", "used"),
    [
        (f"00-{TRACE}-00f067aa0ba902b7-01", True),
        (f"01-{TRACE}-00f067aa0ba902b7-01-more", True),
        (f"ff-{TRACE}-00f067aa0ba902b7-01", False),
        (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", False),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE}", False),
    ],
)
def test_a_request_of_a_trace_is_called_like_it(client: FlaskClient, traceparent: str, used: bool) -> None:
    """As W3C's Trace Context says what a traceparent is; a name that the client gives itself comes first."""
    headers = {"traceparent": traceparent}

    assert (client.get("/livez", headers=headers).headers["X-Request-Id"] == TRACE) is used
    assert client.get("/livez", headers={"X-Request-Id": "a", **headers}).headers["X-Request-Id"] == "a"


@pytest.mark.parametrize(
    ("path", "mimetype", "policy"),
    [
        ("/", "text/html", "script-src 'self'"),
        ("/docs", "text/html", "script-src 'self'"),
        ("/report", "text/html", "style-src 'unsafe-inline'"),
        ("/page.js", "text/javascript", None),
        ("/csv.js", "text/javascript", None),
        ("/page.css", "text/css", None),
        ("/openapi.yaml", "application/yaml", None),
    ],
)
def test_browsers_are_told_what_a_page_may_do(
    artifacts: Artifacts, path: str, mimetype: str, policy: str | None
) -> None:
    client = create_app(replace(artifacts, report=b"<h1>Report</h1>"), CONFIG).test_client()

    answer = client.get(path, headers={"Accept": "text/html,*/*;q=0.8"})

    assert (answer.status_code, answer.mimetype) == (200, mimetype)
    told = answer.headers.get("Content-Security-Policy", "")
    assert (policy or "") in told and ("default-src 'none'" in told) is (policy is not None)
    assert "script-src 'unsafe" not in told


def test_the_description_as_a_page_has_each_route(client: FlaskClient) -> None:
    page = client.get("/docs").text

    routes = [rule.rule for rule in client.application.url_map.iter_rules()]
    described = [path.replace("<version>", "{version}") for path in routes]
    assert [path for path in described if f'<section id="{path}">' not in page] == []


def test_without_a_report_there_is_none(client: FlaskClient) -> None:
    assert client.get("/report").status_code == 404
    assert "report" not in client.get("/version").json  # type: ignore[operator]


def test_the_report_is_linked_from_the_version(artifacts: Artifacts) -> None:
    client = create_app(replace(artifacts, report=b"<h1>Report</h1>"), CONFIG).test_client()

    assert client.get(client.get("/version").json["report"]).data == b"<h1>Report</h1>"  # type: ignore[index]


def test_the_schema_is_for_who_has_a_token(client: FlaskClient, token: str) -> None:
    answer = client.get("/schema", headers={"Authorization": token})

    assert client.get("/schema").status_code == 401
    assert [column["name"] for column in answer.json["columns"]] == NAMES  # type: ignore[index]
    assert answer.json["classes"] == ["Annual Salary <50K", "Annual Salary >50K"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("accept", "mimetype"), [(None, "text/plain"), ("*/*", "text/plain"), ("text/html,*/*;q=0.8", "text/html")]
)
def test_the_greeting_is_a_page_to_a_browser(client: FlaskClient, accept: str | None, mimetype: str) -> None:
    answer = client.get("/", headers={"Accept": accept} if accept else {})

    assert (answer.status_code, answer.mimetype) == (200, mimetype)


def test_the_version_tells_what_runs(client: FlaskClient) -> None:
    assert set(client.get("/version").json) == {  # type: ignore[arg-type]
        "version",
        "model",
        "engine",
        "scikit-learn",
        "python",
        "reloads",
    }


def login(client: FlaskClient, password: str, address: str = "", user: str = "census") -> TestResponse:
    return client.get("/login", auth=(user, password), headers={"X-Forwarded-For": address})


def test_the_sixth_wrong_password_has_to_wait_and_no_answer_of_a_login_is_kept(client: FlaskClient) -> None:
    answers = [login(client, "wrong") for _ in range(6)] + [login(client, "census")]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].json["error message"].startswith("too many wrong passwords")
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert login(client, "census", user="nobody").status_code == 401


def test_who_logs_in_is_who_the_trusted_proxies_saw(artifacts: Artifacts) -> None:
    """Behind two proxies the second address from the right; what stands before it the client itself may have sent."""
    client = create_app(artifacts, replace(CONFIG, trusted_proxies=2)).test_client()
    for _ in range(5):
        login(client, "wrong", "6.6.6.6, 10.0.0.1, 10.9.9.9")

    assert login(client, "census", "7.7.7.7, 10.0.0.1, 10.9.9.9").status_code == 429
    for other in ("10.0.0.1, 10.0.0.2, 10.9.9.9", ":.", "", "x, y", ", ,"):
        assert login(client, "census", other).status_code == 200


def test_all_addresses_of_an_ipv6_network_are_one_client(artifacts: Artifacts) -> None:
    client = create_app(artifacts, replace(CONFIG, trusted_proxies=1)).test_client()
    for number in range(5):
        login(client, "wrong", f"2001:db8::{number}")

    assert login(client, "census", "2001:db8::9").status_code == 429
    assert login(client, "census", "2001:db8:1::9").status_code == 200
    assert login(client, "census", "fe80::1%eth0").status_code == 200


def test_without_trusted_proxies_the_header_says_nothing(client: FlaskClient) -> None:
    for number in range(5):
        login(client, "wrong", f"10.0.0.{number}, 10.9.9.9")

    assert login(client, "census", "10.0.0.9, 10.9.9.9").status_code == 429


@pytest.mark.parametrize("method", ["HEAD", "PUT"])
def test_a_token_is_got_and_not_otherwise_asked_for(client: FlaskClient, method: str) -> None:
    answer = client.open("/login", method=method, auth=("census", "census"))

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(("given", "error"), [(None, ""), ("x.y.z", ', error="invalid_token"')])
def test_a_refused_token_is_told_what_is_wanted(client: FlaskClient, given: str | None, error: str) -> None:
    answer = client.post("/prediction", json={"inputs": []}, headers={"Authorization": given} if given else {})

    assert answer.status_code == 403
    assert answer.headers["WWW-Authenticate"] == f'Bearer realm="ml-census"{error}'


def test_readiness_ends_with_the_drain_and_liveness_does_not(artifacts: Artifacts) -> None:
    client = create_app(artifacts, CONFIG, is_ready=lambda: False).test_client()

    assert client.get("/readyz").status_code == 503
    assert client.get("/livez").status_code == 200


def test_only_predictions_and_the_columns_need_a_token(client: FlaskClient, artifacts: Artifacts) -> None:
    """A route that is added is thought about here."""
    closed = [
        rule.rule for rule in client.application.url_map.iter_rules() if client.get(rule.rule).status_code in (401, 403)
    ]

    v2 = "/v2/models/model"
    assert sorted(closed) == ["/login", "/prediction", "/schema", v2, f"{v2}/versions/<version>"]
