"""`ml-census serve --model`: a model of one's own without config.yaml, users and keys."""

import importlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import requests
from playwright.sync_api import Browser
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_wine
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from conftest import WriteFolder
from support.live_server import SECONDS, Server, launch_options
from support.published_server import run, without_sklearn
from support.sample_models import SAMPLE_MODELS

__all__ = ["without_sklearn"]

CALLS = re.compile(r"# curl\n(.+)\n\n# Python\n((?:.+\n)+)\n// JavaScript\n((?:.+\n)+)\n")


def categories() -> Any:
    frame = pd.DataFrame({"plan": ['it\'s "a"', "büro $HOME", "c"] * 20, "months": np.arange(60.0)})
    encoder = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["plan"]), remainder="passthrough")
    return make_pipeline(encoder, LogisticRegression(max_iter=1000)).fit(frame, np.arange(60) % 2)


def text() -> Any:
    return make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["good work", "bad work"] * 10, [1, 0] * 10)


def many_columns() -> Any:
    numbers = np.random.default_rng(0).normal(size=(300, 200))
    return Ridge().fit(numbers, numbers[:, 0])


def wine() -> Any:
    return HistGradientBoostingClassifier(max_iter=5).fit(*load_wine(return_X_y=True, as_frame=True))


MODELS = {make.__name__: make for make in (categories, text, many_columns, wine)}


DATES = """
def months(frame):
    return frame.apply(lambda column: column.dt.month)
"""
"""A module of the user, whose function a pickle references."""


class LocalServer:
    """A server of one model, and the text that its command has printed."""

    def __init__(self, model: Path, *options: str, env: dict[str, str] | None = None) -> None:
        self.server: Server = launch_options(
            ("--model", str(model), "--port", "0", *options), env, stdout=subprocess.PIPE
        )
        self.url = self.server.url
        self.printed = ""
        while not CALLS.search(self.printed):
            assert self.server.process.stdout
            line = self.server.process.stdout.readline()
            assert line, self.server.log
            self.printed += line

    @property
    def calls(self) -> tuple[str, str, str]:
        """The calls for curl, Python and JavaScript."""
        match = CALLS.search(self.printed)
        assert match
        curl, python, javascript = match.groups()
        return curl, python, javascript


@pytest.fixture(scope="module", params=MODELS)
def local(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """Yield a server for each kind of model."""
    model = tmp_path_factory.mktemp("model") / "model.pkl"
    joblib.dump(MODELS[request.param](), model)
    local = LocalServer(model)
    yield local
    local.server.end()


@pytest.fixture
def start_local() -> Iterator[Callable[..., LocalServer]]:
    """Yield a function that starts a LocalServer. The servers end with the test."""
    running: list[LocalServer] = []

    def start(model: Path, *options: str, env: dict[str, str] | None = None) -> LocalServer:
        running.append(LocalServer(model, *options, env=env))
        return running[-1]

    yield start
    for local in running:
        local.server.end()


def is_answer(document: Any) -> bool:
    return list(document) == ["predictions"] and len(document["predictions"]) == 1


def test_printed_curl_call_is_answered(local: LocalServer) -> None:
    done = subprocess.run(["bash", "-c", local.calls[0]], capture_output=True, text=True, timeout=SECONDS)

    assert is_answer(json.loads(done.stdout))


def test_printed_python_call_is_answered(local: LocalServer) -> None:
    done = subprocess.run([sys.executable, "-c", local.calls[1]], capture_output=True, text=True, timeout=SECONDS)

    assert done.stdout.startswith("{'predictions': [")


def test_example_is_predicted_without_a_user(local: LocalServer) -> None:
    row = re.search(r"'(\{.*\})'", local.calls[0])
    assert row
    done = run("predict", "--url", local.url, "--row", json.dumps(json.loads(row[1])["inputs"][0]))

    assert (done.returncode, done.stderr) == (0, "")


def test_printed_javascript_call_is_answered(local: LocalServer, browser: Browser) -> None:
    """Run the call in the console of a browser on the page of the model."""
    page = browser.new_page()
    page.goto(local.url)

    with page.expect_console_message(lambda message: message.type == "log") as logged:
        page.evaluate(f"() => {{ {local.calls[2]} }}")

    assert is_answer(logged.value.args[0].json_value())
    page.close()


def test_host_header_of_a_web_page_is_rejected(local: LocalServer) -> None:
    for path in ("/", "/schema", "/livez"):
        response = requests.get(f"{local.url}{path}", headers={"Host": "evil.example"}, timeout=SECONDS)

        assert response.status_code == 403
        assert "expected localhost or 127.0.0.1" in response.json()["error message"]


def test_dates_and_own_code_work_with_a_trusted_global(
    start_local: Callable[..., LocalServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first start fails, and its message has the option for the second start."""
    (tmp_path / "datelib.py").write_text(DATES)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    months = importlib.import_module("datelib").months
    frame = pd.DataFrame({"since": pd.date_range("2020-01-01", periods=60, freq="17D")})
    joblib.dump(
        make_pipeline(FunctionTransformer(months), LinearRegression()).fit(frame, range(60)), tmp_path / "m.pkl"
    )
    rejected = run("serve", "--model", tmp_path / "m.pkl")
    assert rejected.returncode == 1

    options = re.findall("--trusted-global datelib.months", rejected.stderr)[0].split()
    local = start_local(tmp_path / "m.pkl", *options)

    assert '"since": "2000-01-01T00:00:00"' in local.printed


def test_published_folder_is_served_without_scikit_learn(
    start_local: Callable[..., LocalServer], published_folder: WriteFolder, without_sklearn: dict[str, str]
) -> None:
    folder = published_folder("article").parent

    local = start_local(folder, env=without_sklearn)

    answer = subprocess.run(["bash", "-c", local.calls[0]], capture_output=True, text=True, timeout=SECONDS)
    (prediction,) = json.loads(answer.stdout)["predictions"]
    assert prediction in (SAMPLE_MODELS["article"]().decoding or {}).values()


def test_model_that_does_not_load_ends_the_start_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"bad")

    ended = run("serve", "--model", tmp_path / "model.pkl", "--port", "0")

    assert ended.returncode == 1
    assert ended.stderr == (
        f"loading and checking {tmp_path}/model.pkl …\n"
        f"ml-census: --model: {tmp_path}/model.pkl: not a pickle, or a damaged one: "
        "write the fitted scikit-learn model with joblib.dump\n"
    )


def test_interrupt_ends_the_local_server(
    start_local: Callable[..., LocalServer], published_folder: WriteFolder
) -> None:
    local = start_local(published_folder("logistic").parent / "model.pkl")

    local.server.process.send_signal(signal.SIGINT)

    assert local.server.process.wait(SECONDS) == 130


@pytest.mark.parametrize(
    ("options", "is_opened"), [((), True), (("--no-open",), False)], ids=["by default", "with --no-open"]
)
def test_browser_opens_from_a_terminal_with_a_display(
    published_folder: WriteFolder, tmp_path: Path, options: tuple[str, ...], is_opened: bool
) -> None:
    """BROWSER names the program that webbrowser starts. A pseudo-terminal is the output of the command."""
    (tmp_path / "browser").write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    (tmp_path / "browser").chmod(0o755)
    env = {"DISPLAY": ":0", "BROWSER": f"{tmp_path}/browser %s"}
    folder = str(published_folder("logistic").parent)
    terminal, output = pty.openpty()

    server = launch_options(("--model", folder, "--port", "0", *options), env, stdout=output)
    if is_opened:
        while not (tmp_path / "opened").exists():
            time.sleep(0.05)
    assert server.stop() == 0

    assert (tmp_path / "opened").exists() is is_opened
    os.close(terminal)
    os.close(output)
    server.end()


def test_browser_does_not_open_without_a_terminal(
    start_local: Callable[..., LocalServer], published_folder: WriteFolder, tmp_path: Path
) -> None:
    env = {"DISPLAY": ":0", "BROWSER": f"touch {tmp_path}/opened"}

    local = start_local(published_folder("logistic").parent, env=env)

    assert local.server.stop() == 0
    assert not (tmp_path / "opened").exists()
