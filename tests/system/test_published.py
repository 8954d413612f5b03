"""A published model is served without scikit-learn, and only with unchanged files."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import joblib
import pytest
import requests

from conftest import WriteFolder
from support.live_server import SECONDS
from support.published_server import ServeFolder, manifest_of, run, serve_folder, without_sklearn, write_server_config
from support.sample_models import SAMPLE_MODELS, SampleModel

__all__ = ["serve_folder", "without_sklearn"]


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


def test_published_model_is_served_without_scikit_learn(
    serve_folder: ServeFolder,
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


def test_bare_pickle_without_scikit_learn_ends_the_start(folder: WriteFolder, without_sklearn: dict[str, str]) -> None:
    """Check that the environment of the test above does hide the packages."""
    command = [sys.executable, "-m", "ml_census", "serve", "--config", str(folder("article")), "--port", "0"]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=os.environ | without_sklearn)

    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert "model_path: " in line and "no compiled.npz beside the model" in line


def test_version_reports_engine_and_verified_rows(serve_folder: ServeFolder, published_once: Path) -> None:
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
    serve_folder: ServeFolder, published_once: Path, sample_model: Callable[[str], SampleModel]
) -> None:
    server = serve_folder(published_once, compile=False)

    version = requests.get(f"{server.url}/version", timeout=SECONDS).json()

    assert version["engine"] == {"kind": "sklearn", "reason": "the configuration says compile: false"}
    assert server.predict(sample_model("article").rows).json() == {"predictions": sample_model("article").decoded()}


def test_manifest_does_not_vouch_for_another_model_in_its_folder(
    serve_folder: ServeFolder, published: Path, sample_model: Callable[[str], SampleModel]
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

    other = [sample.decoding[str(1 - label)] for label in sample.answers]  # type: ignore[index]
    assert server.predict(sample.rows).json() == {"predictions": other}


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
    serve_folder: ServeFolder, published: Path, sample_model: Callable[[str], SampleModel]
) -> None:
    """Remove the engine from the manifest."""
    manifest = json.loads((published / "manifest.json").read_text())
    (published / "manifest.json").write_text(json.dumps(manifest | {"engine": None}))

    server = serve_folder(published)

    assert server.predict(sample_model("article").rows[:1]).status_code == 200


def test_publish_of_a_missing_model_ends_in_one_line(tmp_path: Path) -> None:
    """Check one reason. tests/unit/models/publishing/test_files.py has the others."""
    ended = run("publish", "--model", tmp_path / "none.pkl", "--output", tmp_path / "out")

    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "compiling and verifying …",
        f"ml-census: --model: {tmp_path / 'none.pkl'}: not found",
    ]


@pytest.mark.parametrize("compile", [True, False])
def test_report_is_served_by_both_engines(serve_folder: ServeFolder, published: Path, compile: bool) -> None:
    """Serve the report also after a check in the sandbox, which reads no other files."""
    report = b"<h1>How good it is</h1>"
    (published / "report.html").write_bytes(report)
    manifest = json.loads((published / "manifest.json").read_text())
    manifest["files"]["report.html"] = hashlib.sha256(report).hexdigest()
    (published / "manifest.json").write_text(json.dumps(manifest))

    server = serve_folder(published, compile=compile)

    version = requests.get(f"{server.url}/version", timeout=SECONDS).json()
    assert requests.get(server.url + version["report"], timeout=SECONDS).content == report
