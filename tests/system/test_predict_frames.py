"""DataFrames and rows of other types that the client sends."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import requests
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from conftest import write_config
from ml_census.client.session import Client, ClientError, RejectedRowError
from ml_census.models import schema_inference
from ml_census.models.publishing import publish
from support.live_server import Launch, Server
from support.predict_command import NAMES, Command, command, server

__all__ = ["command", "server"]


WIDE = 60
Floats = tuple[pd.DataFrame, Pipeline]


@pytest.fixture(scope="module")
def floats() -> Floats:
    """Return a table of WIDE float columns, some values missing, and a model fitted on it."""
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(1500, WIDE)), columns=[f"f{n}" for n in range(WIDE)])
    labels = frame["f0"] > 0
    frame.iloc[::7, 1] = np.nan
    return frame, make_pipeline(SimpleImputer(), LogisticRegression()).fit(frame, labels)


@pytest.fixture(scope="module")
def wide(floats: Floats, launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server of this model with a maximum of 64 KiB and 100 rows per request."""
    path, (_frame, model) = tmp_path_factory.mktemp("wide"), floats
    publish(model, schema_inference.infer_schema(model), None, [], {}, str(path))
    running = launch(write_config(path, None, max_body_bytes=65536, max_rows=100))
    yield running
    running.end()


@pytest.fixture(scope="module")
def flags(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server of a model fitted on a bool column. The model drops the column id."""
    frame = pd.DataFrame({"id": range(40), "flag": [True, False] * 20, "age": np.arange(40.0)})
    columns = make_column_transformer(("passthrough", ["flag", "age"]))
    model = make_pipeline(columns, LogisticRegression()).fit(frame, frame["flag"])
    path = tmp_path_factory.mktemp("flags")
    publish(model, schema_inference.infer_schema(model), None, [], {}, str(path))
    running = launch(write_config(path, None))
    yield running
    running.end()


BOOLEANS = "age,flag,extra\n1,True,x\n2,false,x\n3,1,x\n4,FALSE,x\n"


def test_booleans_are_read_without_the_dropped_column(flags: Server, command: Command) -> None:
    code, lines = command.score(flags.url, BOOLEANS)

    assert (code, lines) == (0, ["4 rows with predictions in out.csv"])
    assert [row[-1] for row in command.scored()[1:]] == ["True", "False", "True", "False"]


def test_server_reads_csv_as_the_command_does(flags: Server) -> None:
    headers = {"Authorization": f"Bearer {flags.token()}", "Content-Type": "text/csv"}
    response = requests.post(f"{flags.url}/invocations", headers=headers, data=BOOLEANS.replace(",", ";"), timeout=30)

    assert response.json() == {"predictions": [True, False, True, False]}


def test_frame_without_the_dropped_column_is_predicted(flags: Server) -> None:
    with Client(flags.url, "census", "census") as client:
        assert list(client.predict(pd.DataFrame({"age": [1, 2], "flag": [True, False]}))) == [True, False]


def test_wide_table_is_scored_in_smaller_batches(wide: Server, floats: Floats, command: Command) -> None:
    """Score 1,500 rows of 1.2 KB each. The server accepts 64 KiB."""
    frame, model = floats

    code, lines = command.score(wide.url, frame.to_csv(index=False))

    assert (code, lines) == (0, ["1500 rows with predictions in out.csv"])
    assert [row[-1] for row in command.scored()[1:]] == [str(label) for label in model.predict(frame)]


def test_row_over_the_limit_is_reported_with_the_limit(wide: Server, command: Command, floats: Floats) -> None:
    text = floats[0].head(2).to_csv(index=False) + ",".join(["1" * 2000] * WIDE) + "\n"

    (lines,) = command.score(wide.url, text)[1]
    code, summary = command.score(wide.url, text, "--on-error", "skip")

    assert lines.startswith("ml-census: rows.csv: line 4: 413 ")
    assert "the row has 120" in lines and "max_body_bytes in config.yaml" in lines
    assert (code, summary[-1].startswith("1 row is rejected and left out; the first: line 4: 413 ")) == (0, True)


@pytest.mark.parametrize("kind", ["frame", "records", "values", "rows"])
def test_frame_gets_the_predictions_of_the_model(wide: Server, floats: Floats, kind: str) -> None:
    frame, model = floats
    frame = frame.head(150)
    inputs = {
        "frame": frame.assign(id="x")[["id", *reversed(frame.columns)]],
        "records": frame.to_dict("records"),
        "values": frame.to_numpy(),
        "rows": (row for _label, row in frame.iterrows()),
    }

    with Client(wide.url, "census", "census") as client:
        assert list(client.predict(inputs[kind])) == model.predict(frame).tolist()


def test_frame_without_a_column_is_rejected_with_its_name(server: Server) -> None:
    with (
        Client(server.url, "census", "census") as client,
        pytest.raises(ClientError, match="^the DataFrame has no column workclass, sex: it has age, education-num$"),
    ):
        list(client.predict(pd.DataFrame({"age": [1], "education-num": [2]})))


def test_missing_value_is_rejected_with_its_row(server: Server) -> None:
    rows = pd.DataFrame([[39.0, "Private", 13, "Male"], [np.nan, "Private", 13, "Male"]], columns=NAMES)

    with (
        Client(server.url, "census", "census") as client,
        pytest.raises(RejectedRowError, match="^row 1, column age: expected a number, got null$") as raised,
    ):
        list(client.predict(rows))
    assert raised.value.row == 1
