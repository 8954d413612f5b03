"""Mutated requests get no 5xx: 2,400 requests, times FUZZ."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import write_published
from support.fuzz_budget import examples
from support.live_server import SECONDS, TELLTALE, Launch, Server

ROW = [39, "Private", 14, "Male"]
GOOD = json.dumps({"inputs": [ROW, ROW]}).encode()

default_examples = examples(100)
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
documents = st.fixed_dictionaries({"inputs": st.lists(rows, max_size=4) | cells}, optional={"reference": rows}) | cells
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
queries = st.sampled_from(
    [
        "",
        "?proba=true",
        "?warnings=true",
        "?proba=true&warnings=true",
        "?reasons=2",
        "?reasons=9",
        "?proba=",
        "?%ff=%00",
    ]
)


@dataclass
class Target:
    """A server, its token, and its memory after each request."""

    server: Server
    token: str = ""
    memory: list[int] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the headers of a client that has logged in."""
        return {"Authorization": self.token, "Content-Type": "application/json"}


@pytest.fixture(scope="module", params=["article", "dataframe", "boosting_with_categories", "documents"])
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, launch: Launch
) -> Iterator[Target]:
    """A server for each kind of model, which must survive all requests without a traceback.

    From its second half on, it must not grow by more than 20 MiB.
    """
    server = launch(write_published(tmp_path_factory.mktemp(request.param), request.param))
    target = Target(server, server.token())
    yield target
    assert server.process.poll() is None
    assert target.memory[-1] - target.memory[len(target.memory) // 2] < 20 * 1024**2
    server.end()
    assert "Traceback" not in "".join(server.log)


def send(target: Target, method: str, path: str, body: bytes, headers: dict[str, Any]) -> int:
    """Return the status of a response. It is never a 5xx, and an error is JSON with a request id."""
    connection = http.client.HTTPConnection("127.0.0.1", target.server.port, timeout=SECONDS)
    try:
        connection.putrequest(method, path)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        text = response.read()
    finally:
        connection.close()
    target.memory.append(target.server.memory())
    assert response.status < 500, (response.status, text, method, path, body[:500], headers)
    if response.status >= 400:
        assert json.loads(text).keys() & {"error message", "error", "error_code"}
        assert not TELLTALE.search(text.decode()), text
        assert response.headers["X-Request-Id"]
    return response.status


@default_examples
@given(document=documents, query=queries)
def test_random_json_gets_200_or_400(target: Target, document: Any, query: str) -> None:
    """Send surrogates, NaN, huge numbers, nesting and other shapes."""
    body = json.dumps(document).encode()

    status = send(target, "POST", f"/prediction{query}", body, target.as_json())

    assert status in (200, 400)


@default_examples
@given(request=others)
def test_random_json_of_other_protocols_gets_200_or_400(target: Target, request: tuple[str, Any]) -> None:
    path, document = request

    assert send(target, "POST", path, json.dumps(document).encode(), target.as_json()) in (200, 400)


@default_examples
@given(text=st.text(st.sampled_from('age,"\n\r\0 39é'), max_size=60) | st.binary(max_size=60))
def test_random_csv_gets_200_or_400(target: Target, text: str | bytes) -> None:
    body = text if isinstance(text, bytes) else text.encode()

    assert send(target, "POST", "/invocations", body, target.as_json() | {"Content-Type": "text/csv"}) in (200, 400)


@default_examples
@given(
    indexes=st.lists(st.integers(0, len(GOOD) - 1), max_size=4),
    byte=st.integers(0, 255),
    end=st.integers(0, len(GOOD)),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_damaged_body_gets_200_or_400(target: Target, indexes: list[int], byte: int, end: int, encoding: str) -> None:
    """Flip and truncate bytes, and change the encoding."""
    damaged = bytearray(GOOD.decode().encode(encoding))
    for index in indexes:
        damaged[index] = byte

    status = send(target, "POST", "/prediction", bytes(damaged[: len(damaged) - end // 8]), target.as_json())

    assert status in (200, 400)


@default_examples
@given(
    authorization=st.one_of(
        st.binary(max_size=200),
        st.sampled_from([b"Basic", b"Basic Og==", b"Basic /////w==", b"Bearer", b"Bearer a.b.c", b"a.b.c"]),
        st.builds(lambda text: b"Basic " + text, st.binary(max_size=50)),
        st.builds(lambda text: b"Bearer " + text, st.binary(max_size=50)),
    ),
    path=st.sampled_from(["/login", "/prediction", "/prediction?proba=true"]),
)
def test_random_authorization_is_rejected(target: Target, authorization: bytes, path: str) -> None:
    """Omit the bytes that HTTP forbids in a header."""
    header = bytes(byte for byte in authorization if byte >= 32 and byte != 127)

    status = send(target, "GET", path, GOOD, {"Authorization": header, "Content-Type": "application/json"})

    assert status in (401, 403)


@default_examples
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"]),
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
    content_type=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30) | st.just("application/json"),
    body=st.binary(max_size=200),
)
def test_random_method_path_and_type_gets_no_5xx(
    target: Target, method: str, path: str, content_type: str, body: bytes
) -> None:
    send(target, method, f"/{path}", body, {"Content-Type": content_type})
