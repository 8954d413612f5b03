"""Damaged Parquet files and Arrow streams get no 5xx, and do not end the server."""

import datetime as dt
import http.client
import json
from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import write_published
from ml_census.protocols.native import ARROW_STREAM, PARQUET
from support.fuzz_budget import examples
from support.live_server import SECONDS, TELLTALE, Launch, Server
from support.tables import body

ROWS = 30
TABLE = pa.table(
    {
        "age": [39] * ROWS,
        "workclass": pa.array(["Private", None, "State-gov"] * (ROWS // 3)).dictionary_encode(),
        "education-num": pa.array([14.5] * ROWS),
        "sex": ["Male"] * ROWS,
        "day": [dt.date(2026, 11, 28)] * ROWS,
        "price": pa.array([1] * ROWS).cast(pa.decimal128(25, 2)),
        "time": pa.array([0] * ROWS, pa.timestamp("ns", "UTC")),
        "member": [True] * ROWS,
    }
)
BODIES = [
    *((PARQUET, body(PARQUET, TABLE, compression=each)) for each in ("none", "snappy", "zstd")),
    (PARQUET, body(PARQUET, TABLE, use_dictionary=False, data_page_version="2.0")),
    (ARROW_STREAM, body(ARROW_STREAM, TABLE)),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, launch: Launch) -> Iterator[tuple[Server, str]]:
    """Yield a server that must survive all bodies without a traceback, and a token."""
    server = launch(write_published(tmp_path_factory.mktemp("tables"), "dataframe"))
    yield server, server.token()
    assert server.process.poll() is None
    server.end()
    assert "Traceback" not in "".join(server.log)


@examples(200)
@given(
    sample=st.sampled_from(BODIES),
    places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4),
    end=st.floats(0.5, 2),
)
def test_damaged_table_gets_200_400_or_413(
    server: tuple[Server, str], sample: tuple[str, bytes], places: list[tuple[float, int]], end: float
) -> None:
    content_type, data = sample
    damaged = bytearray(data)
    for place, byte in places:
        damaged[int(place * len(data))] = byte
    running, token = server
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=SECONDS)

    headers = {"Authorization": token, "Content-Type": content_type}
    connection.request("POST", "/prediction", bytes(damaged[: int(end * len(data))]), headers)
    response = connection.getresponse()
    text = response.read()
    connection.close()

    assert response.status in (200, 400, 413), text
    if response.status != 200:
        assert json.loads(text)["error message"]
        assert not TELLTALE.search(text.decode())
