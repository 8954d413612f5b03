"""`ml-census predict` for a file checks options and file before it sends a row. Whole runs: system/test_predict.py."""

from pathlib import Path

import pytest

from support.predict_options import predict
from support.scripted_server import SCHEMA, Response, ScriptedServer

CSV = "age,id,sex\n1,7,f\n2,8,m\n"


@pytest.fixture
def files(folder: Path) -> list[str]:
    (folder / "rows.csv").write_text(CSV)
    return ["--input", str(folder / "rows.csv"), "--output", str(folder / "out.csv")]


@pytest.mark.parametrize("encoding", ["utf-9", "base64", "\0"])
def test_unknown_encoding_fails_before_a_request(
    folder: Path, script: ScriptedServer, files: list[str], encoding: str
) -> None:
    result = predict(folder, *files, "--encoding", encoding, url=script.url)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"ml-census: --encoding {encoding}: unknown; expected a name such as utf-8")
    assert script.received == []


def test_probabilities_of_a_model_without_them_fail(folder: Path, script: ScriptedServer, files: list[str]) -> None:
    script.plan["/schema"] = [Response(200, SCHEMA | {"classes": None})]

    result = predict(folder, *files, "--proba", url=script.url)

    assert (result.exit_code, result.stderr) == (1, "ml-census: --proba: the model has no probabilities\n")
    assert script.rows() == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [("age,id\n1,7\n", "sex"), ("", "rows.csv: "), ("age,id,sex\n1,7\n", "line 2")],
    ids=["column", "empty", "short-row"],
)
def test_unusable_file_fails_in_one_line(
    folder: Path, script: ScriptedServer, files: list[str], text: str, reason: str
) -> None:
    (folder / "rows.csv").write_text(text)

    result = predict(folder, *files, url=script.url)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"ml-census: {folder / 'rows.csv'}: ")
    assert reason in result.stderr
    assert (result.stderr.count("\n"), script.rows()) == (1, [])
