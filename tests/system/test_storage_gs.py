"""Training, users and serving over gs://, against an emulator of Google Cloud Storage."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from gcp_storage_emulator.server import create_server

from conftest import WriteFolder
from support.fake_gcs import Bucket
from support.live_server import SECONDS, Start, launch_options

Environment = dict[str, str]
AWAY = {"STORAGE_EMULATOR_HOST": "http://127.0.0.1:9"}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Environment]:
    """Yield the environment that makes gcsfs use an emulator with the bucket "models"."""
    running = create_server("127.0.0.1", 0, in_memory=True, default_bucket="models")
    with running:
        yield {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{running._api._httpd.server_port}"}


@pytest.fixture(scope="module")
def published(emulator: Environment) -> Environment:
    """Publish the synthetic census model, its user and its key in the bucket."""
    ml_census(emulator, "train", "--data", "demo", "--output", "gs://models/census")
    ml_census(
        emulator,
        "user",
        "add",
        "census",
        "--users",
        "gs://models/census/users.json",
        "--allow-weak-password",
        stdin="census\n",
    )
    return emulator


def ml_census(env: Environment, *args: str, stdin: str = "") -> None:
    command = [sys.executable, "-m", "ml_census", *args]
    subprocess.run(command, env=os.environ | env, input=stdin, text=True, timeout=120, check=True)


IN_PYTHON = """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from ml_census import load, publish

rows, target = pd.DataFrame({"x": range(40)}), ["low"] * 20 + ["high"] * 20
publish(LogisticRegression().fit(rows, target), "gs://models/mine", rows, target, name="Mine")
mine = load("gs://models/mine")
print(mine.name, mine.predict(rows[::39]))
"""


def test_python_program_publishes_to_a_bucket_and_loads(emulator: Environment) -> None:
    command = [sys.executable, "-c", IN_PYTHON]

    done = subprocess.run(command, env=os.environ | emulator, capture_output=True, text=True, timeout=120)

    assert done.stdout == "Mine ['low', 'high']\n", done.stderr


@pytest.mark.parametrize("uri", ["gs://models/census", "gs://models/census/", "gs://models/census/model.pkl"])
def test_local_server_loads_a_published_model(published: Environment, uri: str) -> None:
    server = launch_options(("--model", uri, "--port", "0"), published, stdout=subprocess.DEVNULL)

    schema = requests.get(f"{server.url}/schema", timeout=SECONDS)

    server.end()
    assert schema.json()["classes"] == ["Annual Salary <50K", "Annual Salary >50K"]


def in_bucket(**changes: object) -> dict[str, Any]:
    return {
        "model_path": "gs://models/census/model.pkl",
        "prediction_decoding": "gs://models/census/prediction_decoding.json",
        "users": "gs://models/census/users.json",
    } | changes


def test_model_published_in_a_bucket_is_served_from_there(published: Environment, start: Start) -> None:
    server = start("logistic", env=published, **in_bucket())
    row = [39, "State-gov", 77516, "Bachelors", 13, "Never-married", "Adm-clerical", "Not-in-family", "White", "Male"]

    response = server.predict([[*row, 2174, 0, 40, "United-States"], [*row, 0, 0, "abc", "United-States"]])
    details = response.json()["details"]
    good = server.predict([[*row, 2174, 0, 40, "United-States"]])

    assert (details[0]["row"], details[0]["column"], details[0]["got"]) == (1, "hours-per-week", "abc")
    assert good.json() == {"predictions": ["Annual Salary <50K"]}
    assert len(good.headers["X-Model-Version"]) == 12


@pytest.mark.parametrize("key", ["model_path", "users", "prediction_decoding"])
def test_missing_object_ends_the_start_in_one_line(published: Environment, start: Start, key: str) -> None:
    with pytest.raises(AssertionError, match=rf"^exit 1: ml-census: {key}: gs://models/nowhere: not found\n$"):
        start("logistic", env=published, **in_bucket(**{key: "gs://models/nowhere"}))


def waiting_start(config: Path, env: Environment) -> str:
    """Return the first log line of a start that waits for storage, and end it with SIGTERM."""
    command = [sys.executable, "-m", "ml_census", "serve", "--config", str(config), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | env) as process:
        assert process.stderr
        first = process.stderr.readline().rstrip()
        process.terminate()
        assert process.wait(SECONDS) == 0
    return first


def test_start_without_reachable_storage_waits_for_sigterm(published_folder: WriteFolder) -> None:
    first = waiting_start(published_folder("logistic", **in_bucket()), AWAY)

    assert re.search(r"users: gs://models/census/users.json: .*; trying again$", first)


@pytest.mark.parametrize("status", [429, 503])
def test_start_waits_for_an_overloaded_bucket(bucket: Bucket, published_folder: WriteFolder, status: int) -> None:
    bucket.respond = lambda handler: handler.send(b"{}", status)

    assert waiting_start(published_folder("logistic", **in_bucket()), {}).endswith("; trying again")


def test_change_in_the_bucket_is_served_without_a_restart(
    published: Environment, start: Start, folder: WriteFolder
) -> None:
    publish = ["publish", "--output", "gs://models/changing", "--model"]
    ml_census(published, *publish, str(folder("logistic").parent / "model.pkl"))
    changing = in_bucket(
        model_path="gs://models/changing/model.pkl", prediction_decoding=None, reload_interval_seconds=0.2
    )
    server = start("logistic", env=published, **changing)
    version = requests.get(f"{server.url}/version", timeout=SECONDS).json()["model"]

    ml_census(published, *publish, str(folder("regressor").parent / "model.pkl"))

    while (found := requests.get(f"{server.url}/version", timeout=SECONDS).json())["model"] == version:
        time.sleep(0.1)
    assert found["reloads"]["success"] >= 1
    assert server.predict([[1, 2]]).status_code == 200


def test_restart_without_the_bucket_serves_the_cache(published: Environment, start: Start, tmp_path: Path) -> None:
    """Expect the cached artifacts after the first failure, without a retry."""
    kept = in_bucket(cache_path=str(tmp_path / "cache"))
    assert start("logistic", env=published, **kept).stop() == 0

    server = start("logistic", env=AWAY, **kept)

    assert server.token()
    assert any("serving the last loaded copy" in line for line in server.log)
    assert not any("trying again" in line for line in server.log)


def test_restart_without_the_bucket_reads_users_from_local_files(
    published: Environment, start: Start, tmp_path: Path
) -> None:
    """Keep the model in a bucket and the users in files, as the chart does."""
    mounted = tmp_path / "mounted.json"
    mounted.write_text('{"census": "census", "ada": "lovelace"}')
    kept = in_bucket(cache_path=str(tmp_path / "cache"), users=str(mounted))
    before = start("logistic", env=published, **kept)
    assert before.login("ada", "lovelace").status_code == 200
    before.stop()
    mounted.write_text('{"census": "census"}')

    server = start("logistic", env=AWAY, **kept)

    assert any("serving the last loaded copy" in line for line in server.log)
    assert server.login("ada", "lovelace").status_code == 401
    assert server.token()


def test_forbidden_bucket_ends_the_start_in_one_line(bucket: Bucket, start: Start) -> None:
    bucket.respond = lambda handler: handler.send(b"{}", 403)

    reason = "permission denied: the account needs roles/storage.objectViewer on the bucket: {}"
    with pytest.raises(
        AssertionError, match=rf"^exit 1: ml-census: users: gs://models/census/users.json: {re.escape(reason)}\n$"
    ):
        start("logistic", **in_bucket())


def test_model_damaged_in_transfer_does_not_replace_the_old(
    bucket: Bucket, start: Start, published_folder: WriteFolder, tmp_path: Path
) -> None:
    """Expect no new file in the cache either."""
    for file in ("model.pkl", "compiled.npz", "schema.json", "manifest.json"):
        bucket.objects[file] = (published_folder("logistic").parent / file).read_bytes()
    server = start(
        "logistic",
        model_path="gs://models/model.pkl",
        prediction_decoding=None,
        cache_path=str(tmp_path / "cache"),
        reload_interval_seconds=0.2,
    )
    kept = sorted(tmp_path.glob("cache/**/*"))
    bucket.respond_with_data = lambda handler, data: handler.send(data[:-1] + b"?")
    bucket.objects["model.pkl"] += b"x"
    bucket.generation += 1

    while sum("reload rejected: model_path: " in line for line in list(server.log)) < 3:
        time.sleep(0.05)

    assert server.predict([[1, 2]]).status_code == 200
    assert sorted(tmp_path.glob("cache/**/*")) == kept
    version = requests.get(f"{server.url}/version", timeout=SECONDS).json()
    assert version["reloads"]["success"] == 0
