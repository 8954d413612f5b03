"""`ml-census predict` with bad rows, delimiters, encodings, pipes and gzip files."""

import csv
import gzip
import io
import json
import socketserver
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline

from conftest import write_config
from ml_census.models import schema_inference
from ml_census.models.publishing import publish
from ml_census.schema import Column, Schema
from support.live_server import Launch, Server
from support.predict_command import NAMES, Command, command, server

__all__ = ["command", "server"]


GOOD = [["39", "Private", "13", "Male"], ["28", "Self-emp", "9", "Female"], ["51", "State-gov", "2", "Male"]]


class Expected(NamedTuple):
    """Predictions and probabilities of the good rows."""

    predictions: list[str]
    probabilities: list[list[float]]


@pytest.fixture(scope="module")
def expected(server: Server) -> Expected:
    """Return the response to the good rows, which has both classes."""
    content = server.predict(GOOD, "?proba=true").json()
    assert len(set(content["predictions"])) == 2
    return Expected(content["predictions"], content["probabilities"])


def table(*rows: list[str], header: list[str] = NAMES, delimiter: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    return text.getvalue()


BAD = table(GOOD[0], ["old", "Private", "13", "Male"], GOOD[1], ["7", "Private"], ["", "Private", "x", "Male"], GOOD[2])


REASONS = {
    3: 'column age: expected a number, got "old"',
    5: "expected 4 values, got 2 values",
    6: 'column age: expected a number, got null; column education-num: expected a number, got "x"',
}


def test_bad_row_stops_the_run_with_line_and_column(server: Server, command: Command) -> None:
    text = table(GOOD[0], ["39", "two\nlines", "13", "Male"], ["old", "Private", "13", "Male"], GOOD[1])

    code, lines = command.score(server.url, text, "--batch", "2")

    assert (code, lines) == (1, ['ml-census: rows.csv: line 5, column age: expected a number, got "old"'])
    assert not (command.folder / "out.csv").exists()


@pytest.mark.parametrize("batch", ["1", "2", "1000"])
def test_bad_rows_are_skipped(server: Server, command: Command, expected: Expected, batch: str) -> None:
    code, lines = command.score(server.url, BAD, "--on-error", "skip", "--batch", batch)

    assert (code, command.scored()) == (
        0,
        [
            [*NAMES, "prediction"],
            *([*row, prediction] for row, prediction in zip(GOOD, expected.predictions, strict=True)),
        ],
    )
    assert lines == [
        "6 rows with predictions in out.csv",
        f"3 rows are rejected and left out; the first: line 3, {REASONS[3]}",
    ]


@pytest.mark.parametrize("batch", ["1", "2", "1000"])
def test_bad_rows_are_marked(server: Server, command: Command, expected: Expected, batch: str) -> None:
    code, _lines = command.score(server.url, BAD, "--on-error", "mark", "--batch", batch, "--proba")

    first, *rows = command.scored()
    assert code == 0
    assert first == [*NAMES, "prediction", *(f"probability Annual Salary {name}" for name in ("<50K", ">50K")), "error"]
    assert [row[-1] for row in rows] == ["", REASONS[3], "", REASONS[5], REASONS[6], ""]
    assert [row[4] for row in rows if not row[-1]] == expected.predictions
    shares = [list(map(float, row[5:7])) for row in rows if not row[-1]]
    assert shares == [pytest.approx(row) for row in expected.probabilities]
    assert [row[4:7] for row in rows if row[-1]] == [["", "", ""]] * 3


def test_many_bad_rows_are_all_marked(server: Server, command: Command) -> None:
    """Send more bad rows than the server lists in one response."""
    code, lines = command.score(server.url, table(*[["old", "a", "b", "c"]] * 50, ["1"]), "--on-error", "mark")

    assert (code, len(command.scored())) == (0, 52)
    assert all(row[-1] for row in command.scored()[1:])
    assert lines[1].startswith("51 rows are rejected and marked in the column error; the first: line 2, column age")


def test_unknown_values_are_counted_and_the_first_named(server: Server, command: Command) -> None:
    row = ["39", "Atlantis", "13", "Male"]

    code, lines = command.score(server.url, table(*GOOD, row, row, GOOD[0]), "--batch", "2")

    assert (code, lines) == (
        0,
        [
            "6 rows with predictions in out.csv",
            '2 values are unknown to the model; the first: line 5, column workclass: "Atlantis"',
        ],
    )


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_output_keeps_the_delimiter_of_the_input(
    server: Server, command: Command, expected: Expected, delimiter: str
) -> None:
    code, _lines = command.score(server.url, table(*GOOD, delimiter=delimiter))

    assert (code, command.scored(delimiter)[0]) == (0, [*NAMES, "prediction"])
    assert [row[-1] for row in command.scored(delimiter)[1:]] == expected.predictions


def test_probabilities_of_several_outputs_have_a_column_each(launch: Launch, tmp_path: Path, command: Command) -> None:
    frame = pd.DataFrame({"age": np.arange(40.0)})
    labels = np.column_stack([frame["age"] > 20, frame["age"] % 3]).astype(int)
    model = MultiOutputClassifier(LogisticRegression()).fit(frame, labels)
    publish(model, schema_inference.infer_schema(model), None, [], {}, str(tmp_path))
    server = launch(write_config(tmp_path, None))
    try:
        code, _lines = command.score(server.url, "age\n1\nold\n", "--proba", "--on-error", "mark")
        content = server.predict([[1]], "?proba=true").json()
    finally:
        server.end()

    header, good, bad = command.scored()
    names = ["probability 0 0", "probability 0 1", "probability 1 0", "probability 1 1", "probability 1 2"]
    assert (code, header) == (0, ["age", "prediction", *names, "error"])
    (shares,) = content["probabilities"]
    assert list(map(float, good[2:7])) == pytest.approx([share for output in shares for share in output])
    assert json.loads(good[1]) == content["predictions"][0]
    assert bad[1:7] == [""] * 6


def test_latin_1_is_detected_and_reported(server: Server, command: Command) -> None:
    text = table(["39", "Müller", "13", "Male"]).encode("latin-1")

    code, lines = command.score(server.url, text)

    assert (code, command.scored()[1][1]) == (0, "Müller")
    assert lines[0] == "rows.csv: not UTF-8, read as Windows-1252; --encoding names another"
    assert lines[-1].endswith('column workclass: "Müller"')


def test_named_encoding_is_used(server: Server, command: Command) -> None:
    text = table(["39", "日本", "13", "Male"]).encode("shift_jis")

    assert command.score(server.url, text, "--encoding", "shift_jis")[0] == 0
    assert command.scored()[1][1] == "日本"
    for wrong in ("klingon", "base64"):
        (lines,) = command.score(server.url, text, "--encoding", wrong)[1]
        assert lines.startswith(f"ml-census: --encoding {wrong}: unknown; expected a name such as utf-8")


def test_gzip_files_are_read_and_written(server: Server, command: Command, expected: Expected) -> None:
    code, _lines = command.score(server.url, gzip.compress(table(*GOOD).encode()), to="out.csv.gz")

    scored = list(csv.reader(io.StringIO(gzip.decompress((command.folder / "out.csv.gz").read_bytes()).decode())))
    assert (code, [row[-1] for row in scored[1:]]) == (0, expected.predictions)
    assert sorted(path.name for path in command.folder.iterdir()) == ["out.csv.gz", "password", "rows.csv"]


def test_rows_are_read_from_stdin_and_written_to_stdout(server: Server, command: Command, expected: Expected) -> None:
    done = command.run(server.url, "--input", "-", "--output", "-", "--batch", "2", stdin=table(*GOOD).encode())

    assert done.stderr.decode() == "3 rows with predictions in standard output\n"
    scored = list(csv.reader(io.StringIO(done.stdout.decode())))
    assert scored == [
        [*NAMES, "prediction"],
        *([*row, prediction] for row, prediction in zip(GOOD, expected.predictions, strict=True)),
    ]
    assert [path.name for path in command.folder.iterdir()] == ["password"]


def test_bad_row_of_stdin_is_named(server: Server, command: Command) -> None:
    done = command.run(server.url, "--input", "-", "--output", "-", stdin=table(["old", *GOOD[0][1:]]).encode())

    assert done.stderr.decode() == 'ml-census: standard input: line 2, column age: expected a number, got "old"\n'


def test_input_is_not_overwritten(server: Server, command: Command) -> None:
    code, lines = command.score(server.url, table(*GOOD), to="./rows.csv")

    assert (code, lines) == (1, ["ml-census: rows.csv: is the input itself; name another --output"])
    assert (command.folder / "rows.csv").read_text().splitlines()[1:] == [",".join(row) for row in GOOD]


def test_run_resumes_at_another_address_of_the_server(server: Server, command: Command) -> None:
    """Change the address, as a port-forward does."""
    (command.folder / "out.csv.part").write_text("left\n")
    command.score(server.url, table(*GOOD, ["old", "a", "b", "c"]), "--batch", "1")

    code, lines = command.score(server.url.replace("127.0.0.1", "localhost"), table(*GOOD), "--batch", "1")

    assert code == 0
    assert lines[0].endswith("3 rows of an earlier run are kept")


def test_one_row_prints_probabilities_and_unknown_values(server: Server, command: Command) -> None:
    row = ["39", "Atlantis", 13, "Male"]
    content = server.predict([row], "?proba=true").json()

    done = command.run(server.url, "--row", json.dumps(row), "--proba")

    assert json.loads(done.stdout) == {
        "prediction": content["predictions"][0],
        "probabilities": content["probabilities"][0],
    }
    assert done.stderr.decode() == 'column workclass: "Atlantis" is unknown to the model\n'


def test_example_row_is_made_from_the_columns(server: Server, command: Command) -> None:
    row = [0, "Private", 0, "Female"]
    (prediction,) = server.predict([row]).json()["predictions"]

    done = command.run(server.url, "--example")

    assert (json.loads(done.stdout), done.stderr) == (prediction, b"")


def test_example_row_is_one_that_the_model_accepts(launch: Launch, tmp_path: Path, command: Command) -> None:
    """The first example of a column of any type is a number, which this model cannot read."""
    model = make_pipeline(CountVectorizer(token_pattern=".+"), LogisticRegression()).fit(["a", "b"], [0, 1])
    publish(model, Schema((Column("note", "any"),), "documents"), None, [], {}, str(tmp_path))
    server = launch(write_config(tmp_path, None))
    try:
        rows = (["--row", "0"], ["--row", '"a"'], ["--example"])
        number, text, example = (command.run(server.url, *row) for row in rows)
    finally:
        server.end()

    assert (number.returncode, example.returncode) == (1, 0)
    assert example.stdout == text.stdout == b"0\n"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:1", "connection refused: no server listens on this port"),
        ("http://nowhere.invalid", "the host name cannot be resolved"),
    ],
)
def test_unreachable_server_is_reported_in_one_line(command: Command, url: str, message: str) -> None:
    assert_one_line(command, url, message)


def test_server_without_tls_is_reported_in_one_line(command: Command) -> None:
    """Use a listener that responds at once. ml-census would wait for the end of the header."""
    received = []

    class Plain(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            received.append(self.request.recv(4096)[:1])
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Plain) as plain:
        Thread(target=plain.serve_forever, args=(0.05,), daemon=True).start()
        assert_one_line(command, f"https://127.0.0.1:{plain.server_address[1]}", "the TLS connection failed: ")
        plain.shutdown()

    assert received == [b"\x16"]  # one handshake


def assert_one_line(command: Command, url: str, message: str) -> None:
    done = command.run(url, "--row", "[1]")

    assert done.returncode == 1
    assert done.stderr.decode().startswith(f"ml-census: {url}: {message}")
    assert "urllib3" not in done.stderr.decode() and "Max retries" not in done.stderr.decode()
