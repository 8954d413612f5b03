"""Whatever a client sends, no answer is a 5xx: at least 4,000 mutated requests."""

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budget import examples
from conftest import write_published
from serving import TELLTALE

ROW = [39, "Private", 14, "Male"]
GOOD = json.dumps({"inputs": [ROW, ROW]}).encode()
SOME = 500

some = examples(400)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(10**30, 10**500),
    st.floats(),
    st.text(),
    st.sampled_from(["Private", " Private", "Male", "39", "1e999", "nan", "\ud800", "\x00", "x" * 100_000, "9" * 6000]),
)
cells = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
lists = st.lists(cells, min_size=3, max_size=5)
objects = st.fixed_dictionaries({"age": cells, "workclass": cells, "education-num": cells}, optional={"sex": cells})
rows = lists | objects | cells
documents = st.fixed_dictionaries({"inputs": st.lists(rows, max_size=4) | cells}, optional={"more": cells}) | cells
names = st.sampled_from(["age", "workclass", "education-num", "sex", "text", "0"]) | st.text(max_size=3)
sizes = st.lists(st.integers(-1, 4) | cells, max_size=3)
tensors = st.fixed_dictionaries(
    {
        "name": names,
        "datatype": st.sampled_from(["BYTES", "FP64"]),
        "shape": sizes,
        "data": st.lists(cells, max_size=4),
    },
    optional={"more": cells},
)
tensors |= st.fixed_dictionaries({}, optional=dict.fromkeys(["name", "datatype", "shape", "data"], cells))
inferences = st.fixed_dictionaries(
    {"inputs": st.lists(tensors, max_size=4) | cells},
    optional={"outputs": st.lists(cells, max_size=2) | cells, "id": cells},
)
frames = st.fixed_dictionaries(
    {"data": st.lists(rows, max_size=3) | cells}, optional={"columns": st.lists(names | cells, max_size=4) | cells}
)
columns = st.dictionaries(names, st.lists(cells, max_size=2) | cells, max_size=4)
tables = st.lists(rows, max_size=3) | columns | frames | cells
forms = st.sampled_from(["dataframe_split", "dataframe_records", "instances", "inputs", "params"])
others = st.one_of(
    st.tuples(st.just("/v2/models/model/infer"), inferences | cells),
    st.tuples(
        st.just("/v1/models/model:predict"), st.dictionaries(st.sampled_from(["instances", "inputs"]), tables) | cells
    ),
    st.tuples(st.just("/invocations"), st.dictionaries(forms, tables, max_size=2) | cells),
)
queries = st.sampled_from(["", "?proba=true", "?warnings=true", "?proba=true&warnings=true", "?proba=", "?%ff=%00"])


@pytest.fixture(scope="module", params=["article", "dataframe", "boosting_with_categories", "documents"])
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, launch: Any) -> Iterator[Any]:
    """A server for each kind of model; after 1,000 requests or more it is still there, without a traceback, and has
    grown by less than 20 MiB from what it was after some."""
    server = launch(write_published(tmp_path_factory.mktemp(request.param), request.param))
    yield server
    assert server.process.poll() is None
    assert server.asked >= 1_000
    assert server.memory() - server.memory_after_some < 20 * 1024**2
    server.end()
    assert "Traceback" not in "".join(server.log)


def ask(server: Any, method: str, path: str, body: bytes, headers: dict[str, Any]) -> int:
    """The status of the answer, which is never a 5xx, and JSON with a request id if it is an error."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.putrequest(method, path)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    server.asked += 1
    if server.asked == SOME:
        server.memory_after_some = server.memory()
    assert answer.status < 500, (answer.status, text, method, path, body[:500], headers)
    if answer.status >= 400:
        assert json.loads(text).keys() & {"error message", "error", "error_code"}
        assert not TELLTALE.search(text.decode()), text
        assert answer.headers["X-Request-Id"]
    return answer.status


@some
@given(document=documents, query=queries)
def test_any_json_is_answered(target: Any, document: Any, query: str) -> None:
    """Surrogates, NaN, huge numbers, nesting, other shapes: a prediction or a 400."""
    body = json.dumps(document).encode()

    status = ask(target, "POST", f"/prediction{query}", body, as_json(target))

    assert status in (200, 400)


@some
@given(asked=others)
def test_any_document_of_another_protocol_is_answered(target: Any, asked: tuple[str, Any]) -> None:
    path, document = asked

    assert ask(target, "POST", path, json.dumps(document).encode(), as_json(target)) in (200, 400)


@some
@given(text=st.text(st.sampled_from('age,"\n\r\0 39é'), max_size=60) | st.binary(max_size=60))
def test_any_csv_is_answered(target: Any, text: str | bytes) -> None:
    body = text if isinstance(text, bytes) else text.encode()

    assert ask(target, "POST", "/invocations", body, as_json(target) | {"Content-Type": "text/csv"}) in (200, 400)


@some
@given(
    places=st.lists(st.integers(0, len(GOOD) - 1), max_size=4),
    byte=st.integers(0, 255),
    end=st.integers(0, len(GOOD)),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_damaged_bytes_are_answered(target: Any, places: list[int], byte: int, end: int, encoding: str) -> None:
    """Flipped, cut and otherwise encoded bodies."""
    damaged = bytearray(GOOD.decode().encode(encoding))
    for place in places:
        damaged[place] = byte

    status = ask(target, "POST", "/prediction", bytes(damaged[: len(damaged) - end // 8]), as_json(target))

    assert status in (200, 400)


@some
@given(
    authorization=st.one_of(
        st.binary(max_size=200),
        st.sampled_from([b"Basic", b"Basic Og==", b"Basic /////w==", b"Bearer", b"Bearer a.b.c", b"a.b.c"]),
        st.builds(lambda text: b"Basic " + text, st.binary(max_size=50)),
        st.builds(lambda text: b"Bearer " + text, st.binary(max_size=50)),
    ),
    path=st.sampled_from(["/login", "/prediction", "/prediction?proba=true"]),
)
def test_any_authorization_is_refused(target: Any, authorization: bytes, path: str) -> None:
    """What HTTP itself does not allow in a header is left out."""
    header = bytes(byte for byte in authorization if byte >= 32 and byte != 127)

    status = ask(target, "GET", path, GOOD, {"Authorization": header, "Content-Type": "application/json"})

    assert status in (401, 403)


@some
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"]),
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
    content_type=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30) | st.just("application/json"),
    body=st.binary(max_size=200),
)
def test_any_method_path_and_type_is_answered(
    target: Any, method: str, path: str, content_type: str, body: bytes
) -> None:
    ask(target, method, f"/{path}", body, {"Content-Type": content_type})


def as_json(server: Any) -> dict[str, Any]:
    """The headers of a client that has logged in; once for each server."""
    if not server.known_token:
        server.known_token = server.token()
    return {"Authorization": server.known_token, "Content-Type": "application/json"}
