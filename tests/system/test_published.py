"""A published model is served without scikit-learn, and only with unchanged files."""

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import joblib
import pytest
import requests
import yaml
from sklearn.linear_model import LogisticRegression

from conftest import KEY
from support.live_server import SECONDS, Launch, Server
from support.sample_models import LABELS, NUMBERS, SAMPLE_MODELS, SampleModel

HEAVY = ["sklearn", "scipy", "joblib", "pandas"]


def run(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ml_census", *(str(arg) for arg in args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)


def write_server_config(folder: Path, model: Path, **config: object) -> Path:
    """Write users, key and config.yaml for a model in another folder."""
    (folder / "users.json").write_text(json.dumps({"census": "census"}))
    (folder / "secret.txt").write_text(KEY + "\n")
    values = {
        "model_path": str(model),
        "users": str(folder / "users.json"),
        "secret": str(folder / "secret.txt"),
        "drain_delay_seconds": 0,
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(values | config))
    return folder / "config.yaml"


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish the native protocol's model with decoding and golden rows, on the command line."""
    folder = tmp_path_factory.mktemp("published")
    sample = SAMPLE_MODELS["article"]()
    joblib.dump(sample.model, folder / "model.pkl")
    (folder / "decoding.json").write_text(json.dumps(sample.decoding))
    (folder / "golden.json").write_text(json.dumps({"inputs": sample.rows[:7]}))

    ended = run(
        "publish", "--model", folder / "model.pkl", "--output", folder / "out",
        "--decoding", folder / "decoding.json", "--golden", folder / "golden.json",
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr
    assert "compiled" in ended.stderr.splitlines()[-1]
    return folder / "out"


@pytest.fixture
def published(published_once: Path, tmp_path: Path) -> Path:
    """Copy the published model, for a test that changes it."""
    copy = tmp_path / "model"
    copy.mkdir()
    for file in published_once.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    return copy


@pytest.fixture
def serve_folder(launch: Launch, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers of published folders."""
    servers: list[Server] = []

    def serve(folder: Path, model: str = "model.pkl", env: dict[str, str] | None = None, **config: object) -> Server:
        decoding = folder / "prediction_decoding.json"
        config = ({"prediction_decoding": str(decoding)} if decoding.exists() else {}) | config
        servers.append(launch(write_server_config(tmp_path, folder / model, **config), env))
        return servers[-1]

    yield serve
    for server in servers:
        server.end()


@pytest.fixture
def without_sklearn(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which the heavy packages cannot be imported."""
    for name in HEAVY:
        (tmp_path / "without" / name).mkdir(parents=True)
        (tmp_path / "without" / name / "__init__.py").write_text(
            f"raise ModuleNotFoundError('hidden', name='{name}')\n"
        )
    return {"PYTHONPATH": str(tmp_path / "without")}


def test_published_model_is_served_without_scikit_learn(
    serve_folder: Callable[..., Server],
    published_once: Path,
    sample_model: Callable[[str], SampleModel],
    without_sklearn: dict[str, str],
) -> None:
    """Hide the heavy packages. The import of one would end the process."""
    server = serve_folder(published_once, env=without_sklearn)
    sample = sample_model("article")

    assert server.predict(sample.rows).json() == {"predictions": sample.decoded()}
    unknown = server.predict([[40, "no such", 10, " Male"]], "?proba=true&warnings=true")
    assert unknown.headers["X-Unknown-Values"] == "1"
    assert len(unknown.json()["probabilities"][0]) == 2
    assert server.predict([["old", " Private", 10, " Male"]]).status_code == 400
    assert server.stop() == 0


def test_bare_pickle_without_scikit_learn_ends_the_start(
    folder: Callable[..., Path], without_sklearn: dict[str, str]
) -> None:
    """Check that the environment of the test above does hide the packages."""
    command = [sys.executable, "-m", "ml_census", "serve", "--config", str(folder("article")), "--port", "0"]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=os.environ | without_sklearn)

    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert "model_path: " in line and "no compiled.npz beside the model" in line


def test_version_reports_engine_and_verified_rows(serve_folder: Callable[..., Server], published_once: Path) -> None:
    server = serve_folder(published_once)

    version = requests.get(f"{server.url}/version", timeout=SECONDS).json()

    manifest = json.loads((published_once / "manifest.json").read_text())
    assert (
        version["engine"]
        == manifest["engine"]
        == {"kind": "compiled", "verified_rows": version["engine"]["verified_rows"]}
    )
    assert version["engine"]["verified_rows"] > 2000
    assert version["scikit-learn"] == manifest["scikit-learn"]
    assert version["model"] == manifest["files"]["model.pkl"][:12]
    assert any("compiled, " in line for line in server.log)


def test_compile_false_serves_the_sklearn_model(
    serve_folder: Callable[..., Server], published_once: Path, sample_model: Callable[[str], SampleModel]
) -> None:
    server = serve_folder(published_once, compile=False)

    version = requests.get(f"{server.url}/version", timeout=SECONDS).json()

    assert version["engine"] == {"kind": "sklearn", "reason": "the configuration says compile: false"}
    assert server.predict(sample_model("article").rows).json() == {"predictions": sample_model("article").decoded()}


def test_manifest_does_not_vouch_for_another_model_in_its_folder(
    serve_folder: Callable[..., Server], published: Path, sample_model: Callable[[str], SampleModel]
) -> None:
    """Add another model beside model.pkl. compiled.npz must not be used for it."""
    sample = sample_model("article")
    model = joblib.load(published / "model.pkl")
    model[-1].classes_ = model[-1].classes_[::-1]
    joblib.dump(model, published / "next.pkl")
    (published / "manifest.json").write_text(
        json.dumps({"files": {name: hash_ for name, hash_ in manifest_of(published).items() if name != "golden.json"}})
    )
    (published / "golden.json").unlink()

    server = serve_folder(published, "next.pkl")

    other = [sample.decoding[str(1 - answer)] for answer in sample.answers]  # type: ignore[index]
    assert server.predict(sample.rows).json() == {"predictions": other}


def manifest_of(folder: Path) -> dict[str, str]:
    files: dict[str, str] = json.loads((folder / "manifest.json").read_text())["files"]
    return files


def ends_in_one_line(config: Path) -> str:
    ended = run("serve", "--config", config, "--port", 0)
    assert ended.returncode == 1, ended.stderr
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("ml-census: ")
    return line


@pytest.mark.parametrize("name", ["compiled.npz", "model.pkl"])
def test_changed_byte_ends_the_start_in_one_line(published: Path, tmp_path: Path, name: str) -> None:
    data = bytearray((published / name).read_bytes())
    data[len(data) // 2] ^= 1
    (published / name).write_bytes(data)

    line = ends_in_one_line(write_server_config(tmp_path, published / "model.pkl"))

    assert re.fullmatch(
        rf"ml-census: model_path: {published / name}: SHA-256 mismatch: "
        r"the file has \w{64}, manifest.json has \w{64}",
        line,
    )


@pytest.mark.parametrize("name", ["compiled.npz", "model.pkl"])
def test_missing_published_file_ends_the_start_in_one_line(published: Path, tmp_path: Path, name: str) -> None:
    (published / name).unlink()

    line = ends_in_one_line(write_server_config(tmp_path, published / "model.pkl"))

    assert line == f"ml-census: model_path: {published / name}: not found"


def test_manifest_without_engine_is_served(
    serve_folder: Callable[..., Server], published: Path, sample_model: Callable[[str], SampleModel]
) -> None:
    """Remove the engine from the manifest."""
    manifest = json.loads((published / "manifest.json").read_text())
    (published / "manifest.json").write_text(json.dumps(manifest | {"engine": None}))

    server = serve_folder(published)

    assert server.predict(sample_model("article").rows[:1]).status_code == 200


def test_publish_of_a_missing_model_ends_in_one_line(tmp_path: Path) -> None:
    """Check one reason. tests/unit/models/test_publishing.py has the others."""
    ended = run("publish", "--model", tmp_path / "none.pkl", "--output", tmp_path / "out")

    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "compiling and verifying …",
        f"ml-census: --model: {tmp_path / 'none.pkl'}: not found",
    ]


@pytest.mark.parametrize("compile", [True, False])
def test_report_is_served_by_both_engines(serve_folder: Callable[..., Server], published: Path, compile: bool) -> None:
    """Serve the report also after a check in the sandbox, which reads no other files."""
    report = b"<h1>How good it is</h1>"
    (published / "report.html").write_bytes(report)
    manifest = json.loads((published / "manifest.json").read_text())
    manifest["files"]["report.html"] = hashlib.sha256(report).hexdigest()
    (published / "manifest.json").write_text(json.dumps(manifest))

    server = serve_folder(published, compile=compile)

    version = requests.get(f"{server.url}/version", timeout=SECONDS).json()
    assert requests.get(server.url + version["report"], timeout=SECONDS).content == report


SWAPS = 5
ROWS = [[30.0, 5.0], [60.0, 12.0]]


@pytest.fixture(scope="module")
def two_models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Publish two models. The classes of one are the reverse of the other."""
    folder = tmp_path_factory.mktemp("two")
    for name, labels in (("a", LABELS), ("b", 1 - LABELS)):
        joblib.dump(LogisticRegression().fit(NUMBERS, labels), folder / f"{name}.pkl")
        ended = run("publish", "--model", folder / f"{name}.pkl", "--output", folder / name)
        assert ended.returncode == 0, ended.stderr
    return [folder / "a", folder / "b"]


def replace_link(link: Path, folder: Path) -> None:
    """Replace the target of a symbolic link atomically."""
    link.with_name("next").symlink_to(folder)
    link.with_name("next").rename(link)


def test_each_response_under_reload_is_of_one_model(
    serve_folder: Callable[..., Server], two_models: list[Path], tmp_path: Path
) -> None:
    version = {folder: manifest_of(folder)["model.pkl"][:12] for folder in two_models}
    answer = {folder: joblib.load(folder / "model.pkl").predict(ROWS).tolist() for folder in two_models}
    replace_link(tmp_path / "current", two_models[0])
    server = serve_folder(tmp_path / "current", reload_interval_seconds=0.05)
    token, over = server.token(), threading.Event()
    before = server.memory()
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")  # the peak is counted from here

    def ask() -> Counter[tuple[Any, ...]]:
        answers = Counter[tuple[Any, ...]]()
        with requests.Session() as session:
            while not over.is_set():
                response = session.post(
                    f"{server.url}/prediction", json={"inputs": ROWS}, headers={"Authorization": token}, timeout=SECONDS
                )
                answers[
                    response.status_code, response.headers["X-Model-Version"], tuple(response.json()["predictions"])
                ] += 1
        return answers

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(ask) for _ in range(4)]
        try:
            for swap in range(1, SWAPS + 1):
                folder = two_models[swap % 2]
                replace_link(tmp_path / "current", folder)
                wait_for_version(server, version[folder])
        finally:
            over.set()
        answers = sum((client.result() for client in clients), Counter[tuple[Any, ...]]())

    assert set(answers) == {(200, version[folder], tuple(answer[folder])) for folder in two_models}
    assert min(answers.values()) >= SWAPS
    size = sum(file.stat().st_size for file in two_models[0].iterdir())
    assert server.memory("VmHWM") - before <= 2 * size + 64 * 2**20


def wait_for_version(server: Server, version: str) -> None:
    while requests.get(f"{server.url}/version", timeout=SECONDS).json()["model"] != version:
        time.sleep(0.02)
