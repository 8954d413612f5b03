"""Tables on a server without pyarrow."""

from pathlib import Path

import requests

from ml_census.protocols.native import ARROW_STREAM, PARQUET
from support.live_server import SECONDS, Start


def test_server_without_pyarrow_names_the_reason(tmp_path: Path, start: Start) -> None:
    """The image of the server has no pyarrow."""
    (tmp_path / "missing").mkdir()
    (tmp_path / "missing/pyarrow.py").write_text("raise ModuleNotFoundError(\"No module named 'pyarrow'\")")
    server = start("dataframe", {"PYTHONPATH": str(tmp_path / "missing")})
    headers = {"Authorization": server.token()}

    responses = [
        requests.post(f"{server.url}/prediction", b"", headers=headers | {"Content-Type": each}, timeout=SECONDS)
        for each in (PARQUET, ARROW_STREAM)
    ]

    assert [response.status_code for response in responses] == [415, 415]
    assert responses[0].json() == {
        "error message": f"{PARQUET} needs pyarrow, which this server does not have: send application/json"
    }
