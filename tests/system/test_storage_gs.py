"""Training, users and serving over gs://, against a real emulator of Google Cloud Storage."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bucket import Bucket

Start = Callable[..., Any]
Environment = dict[str, str]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An emulator with a bucket "models", and the environment that leads gcsfs to it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("gcp-storage-emulator")
    options = ["--host", "127.0.0.1", "--port", str(port), "--in-memory", "--default-bucket", "models"]
    with (tmp_path_factory.mktemp("emulator") / "log").open("w") as log:
        process = subprocess.Popen([str(program), "start", *options], stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                requests.get(f"{url}/storage/v1/b", timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        yield {"STORAGE_EMULATOR_HOST": url}
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def published(emulator: Environment) -> Environment:
    """The synthetic census model, its user and its key are in the bucket."""
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


def in_bucket(**changes: object) -> dict[str, object]:
    return {
        "model_path": "gs://models/census/model.pkl",
        "prediction_decoding": "gs://models/census/prediction_decoding.json",
        "users": "gs://models/census/users.json",
    } | changes


def test_a_model_published_in_a_bucket_is_served_from_there(published: Environment, start: Start) -> None:
    server = start("logistic", env=published, **in_bucket())
    row = [39, "State-gov", 77516, "Bachelors", 13, "Never-married", "Adm-clerical", "Not-in-family", "White", "Male"]

    answer = server.predict([[*row, 2174, 0, 40, "United-States"], [*row, 0, 0, "abc", "United-States"]])
    details = answer.json()["details"]
    good = server.predict([[*row, 2174, 0, 40, "United-States"]])

    assert (details[0]["row"], details[0]["column"], details[0]["got"]) == (1, "hours-per-week", "abc")
    assert good.json() == {"predictions": ["Annual Salary <50K"]}
    assert len(good.headers["X-Model-Version"]) == 12


@pytest.mark.parametrize("key", ["model_path", "users", "prediction_decoding"])
def test_an_object_that_is_not_there_ends_the_start_in_one_line(published: Environment, start: Start, key: str) -> None:
    with pytest.raises(AssertionError, match=rf"^exit 1: ml-census: {key}: gs://models/nowhere: not found\n$"):
        start("logistic", env=published, **in_bucket(**{key: "gs://models/nowhere"}))


def test_a_start_waits_for_a_store_that_cannot_be_reached_and_ends_when_told(folder: Callable[..., Path]) -> None:
    config = folder("logistic", **in_bucket())
    command = [sys.executable, "-m", "ml_census", "serve", "--config", str(config), "--port", "0"]
    nowhere = os.environ | {"STORAGE_EMULATOR_HOST": "http://127.0.0.1:9"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=nowhere)
    assert process.stderr
    first = process.stderr.readline()

    began = time.monotonic()
    process.terminate()

    assert process.wait(30) == 0
    assert time.monotonic() - began < 2
    assert re.search(r"users: gs://models/census/users.json: .*; trying again$", first.rstrip())
    process.stderr.close()


def test_what_changes_in_the_bucket_is_served_without_a_restart(published: Environment, start: Start) -> None:
    ml_census(published, "train", "--data", "demo", "--output", "gs://models/changing")
    changing = in_bucket(model_path="gs://models/changing/model.pkl", reload_seconds=0.5)
    server = start("logistic", env=published, **changing)
    version = requests.get(f"{server.url}/version", timeout=10).json()["model"]

    ml_census(published, "train", "--recipe", "article", "--data", "demo", "--output", "gs://models/changing")

    for _ in range(200):
        answer = requests.get(f"{server.url}/version", timeout=10).json()
        if answer["model"] != version:
            break
        time.sleep(0.1)
    assert answer["model"] != version
    assert answer["reloads"]["done"] >= 1
    assert server.token()


def test_a_restart_while_the_bucket_is_away_serves_what_was_kept_within_ten_seconds(
    published: Environment, start: Start, tmp_path: Path
) -> None:
    kept = in_bucket(cache_path=str(tmp_path / "cache"))
    assert start("logistic", env=published, **kept).stop() == 0

    began = time.monotonic()
    server = start("logistic", env={"STORAGE_EMULATOR_HOST": "http://127.0.0.1:9"}, **kept)
    took = time.monotonic() - began

    assert server.token()
    assert any("serving what was loaded last" in line for line in server.log)
    assert took < 10


def test_a_restart_while_the_bucket_is_away_lets_in_only_whom_the_mounted_files_name(
    published: Environment, start: Start, tmp_path: Path
) -> None:
    """As the chart has it: the model in a bucket, users and keys in files."""
    mounted = tmp_path / "mounted.json"
    mounted.write_text('{"census": "census", "ada": "lovelace"}')
    kept = in_bucket(cache_path=str(tmp_path / "cache"), users=str(mounted))
    before = start("logistic", env=published, **kept)
    assert before.login("ada", "lovelace").status_code == 200
    before.stop()
    mounted.write_text('{"census": "census"}')

    server = start("logistic", env={"STORAGE_EMULATOR_HOST": "http://127.0.0.1:9"}, **kept)

    assert any("serving what was loaded last" in line for line in server.log)
    assert server.login("ada", "lovelace").status_code == 401
    assert server.token()


def test_a_bucket_that_says_no_ends_the_start_in_one_line(bucket: Bucket, start: Start) -> None:
    bucket.answers = lambda way: way.answer(b"{}", 403)

    reason = "permission denied: the account needs roles/storage.objectViewer on the bucket"
    with pytest.raises(AssertionError, match=rf"^exit 1: ml-census: users: gs://models/census/users.json: {reason}\n$"):
        start("logistic", **in_bucket())


@pytest.mark.parametrize("status", [429, 503])
def test_a_start_waits_for_a_bucket_that_has_too_much_to_do(
    bucket: Bucket, folder: Callable[..., Path], status: int
) -> None:
    bucket.answers = lambda way: way.answer(b"{}", status)
    command = [sys.executable, "-m", "ml_census", "serve", "--config", str(folder("logistic", **in_bucket()))]
    process = subprocess.Popen([*command, "--port", "0"], stderr=subprocess.PIPE, text=True)
    assert process.stderr

    line = process.stderr.readline()

    process.terminate()
    process.wait(30)
    process.stderr.close()
    assert line.endswith("; trying again\n")


def test_a_model_that_is_cut_on_its_way_does_not_take_the_place_of_the_old_one(
    bucket: Bucket, start: Start, folder: Callable[..., Path], tmp_path: Path
) -> None:
    """And leaves nothing behind."""
    bucket.objects["model.pkl"] = (folder("logistic").parent / "model.pkl").read_bytes()
    server = start(
        "logistic", model_path="gs://models/model.pkl", cache_path=str(tmp_path / "cache"), reload_seconds=0.2
    )
    kept = sorted(tmp_path.glob("cache/**/*"))
    bucket.contents = lambda way, data: way.answer(data[:-1], 200, len(data))
    bucket.objects["model.pkl"] += b"x"
    bucket.generation += 1

    while sum("reload refused: model_path: " in line for line in list(server.log)) < 3:
        time.sleep(0.05)

    assert server.predict([[1, 2]]).status_code == 200
    assert sorted(tmp_path.glob("cache/**/*")) == kept
    version = requests.get(f"{server.url}/version", timeout=10).json()
    assert version["reloads"]["done"] == 0
