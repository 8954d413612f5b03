"""Other model servers with the same pickle, each in its own environment. None of them has a login."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.servers import HERE, BenchError, Server, log
from ml_census.training.census.adult import COLUMNS, NUMBERS

MODELS = HERE / "peer_models"
BUILD = HERE.parents[1] / "build/bench/peers"


def mlserver(folder: Path) -> Server:
    """Return MLServer with its scikit-learn runtime in one process. A second process would copy each request."""
    settings = {"implementation": "mlserver_sklearn.SKLearnModel", "parameters": {"uri": str(folder / "model.pkl")}}
    model = BUILD / "mlserver/model"

    def prepare() -> None:
        # MLServer 1.7.1 finds no event loop with later versions of uvloop
        _install("mlserver", "mlserver==1.7.1", "mlserver-sklearn==1.7.1", "uvloop<0.22")
        model.mkdir(exist_ok=True)
        (model / "model-settings.json").write_text(json.dumps({"name": "census"} | settings))

    return Server(
        "MLServer 1.7.1",
        lambda port: ["env", f"MLSERVER_HTTP_PORT={port}", _bin("mlserver", "mlserver"), "start", str(model)],
        path="/v2/models/census/infer",
        login=False,
        body=_column_tensors,
        read_response=_response_reader(folder, lambda document: document["outputs"][0]["data"]),
        folder=folder,
        env=(
            ("MLSERVER_HOST", "127.0.0.1"),
            ("MLSERVER_GRPC_PORT", "0"),  # any free port
            ("MLSERVER_METRICS_ENDPOINT", ""),
            ("MLSERVER_PARALLEL_WORKERS", "0"),
        ),
        prepare=prepare,
    )


def bentoml(folder: Path) -> Server:
    """Return a BentoML service."""
    service = ["bentoml_model:Census", "--working-dir", str(MODELS), "--host", "127.0.0.1"]
    return Server(
        "BentoML 1.4.39",
        lambda port: [_bin("bentoml", "bentoml"), "serve", *service, "--port", str(port)],
        path="/predict",
        login=False,
        read_response=_response_reader(folder, lambda document: document),
        folder=folder,
        env=(
            ("BENCH_MODEL", str(folder / "model.pkl")),
            ("BENTOML_DO_NOT_TRACK", "True"),
            ("BENTOML_HOME", str(BUILD / "bentoml/home")),
        ),
        prepare=lambda: _install("bentoml", "bentoml==1.4.39"),
    )


def mlflow(folder: Path) -> Server:
    """Return the scoring server that `mlflow models serve` starts, without the conda environment and the shell."""
    model = BUILD / "mlflow/model"
    arguments = ["--host", "127.0.0.1", "mlflow.pyfunc.scoring_server.app:app"]

    def prepare() -> None:
        _install("mlflow", "mlflow-skinny==3.17.2", "fastapi==0.165.0", "uvicorn==0.54.0", "pandas==3.1.1")
        shutil.rmtree(model, ignore_errors=True)
        _run("MLflow", _bin("mlflow", "python"), MODELS / "mlflow_save.py", folder / "model.pkl", model)

    return Server(
        "MLflow 3.17.2",
        lambda port: [_bin("mlflow", "uvicorn"), "--port", str(port), *arguments],
        path="/invocations",
        login=False,
        read_response=_response_reader(folder),
        folder=folder,
        env=(("__pyfunc_model_path__", str(model)), ("MLFLOW_DISABLE_TELEMETRY", "true")),
        prepare=prepare,
    )


def kserve(folder: Path) -> Server:
    """Return KServe with a model class as in its sklearnserver."""
    arguments = [str(MODELS / "kserve_model.py"), str(folder / "model.pkl"), "--enable_grpc=false"]
    return Server(
        "KServe 0.21.0",
        lambda port: [_bin("kserve", "python"), *arguments, f"--http_port={port}"],
        path="/v1/models/census:predict",
        login=False,
        body=lambda rows: {"instances": rows},
        read_response=_response_reader(folder),
        folder=folder,
        prepare=lambda: _install("kserve", "kserve==0.21.0"),
    )


def litserve(folder: Path) -> Server:
    """Return a LitServe API."""
    arguments = [str(MODELS / "litserve_model.py"), str(folder / "model.pkl")]
    return Server(
        "LitServe 0.2.19",
        lambda port: [_bin("litserve", "python"), *arguments, str(port)],
        login=False,
        path="/predict",
        read_response=_response_reader(folder),
        folder=folder,
        prepare=lambda: _install("litserve", "litserve==0.2.19"),
    )


PEERS: list[Callable[[Path], Server]] = [mlserver, bentoml, mlflow, kserve, litserve]


def _column_tensors(rows: list[list[Any]]) -> dict[str, Any]:
    """Return a V2 request with one tensor for each column, since a tensor has one data type."""
    inputs: list[dict[str, Any]] = []
    for name, values in zip(COLUMNS, zip(*rows, strict=True), strict=True):
        tensor = {"name": name, "shape": [len(rows), 1], "data": values}
        if name in NUMBERS:
            inputs.append(tensor | {"datatype": "INT64"})
        else:
            inputs.append(tensor | {"datatype": "BYTES", "parameters": {"content_type": "str"}})
    return {"parameters": {"content_type": "pd"}, "inputs": inputs}


def _response_reader(
    folder: Path, labels: Callable[[Any], list[int]] = lambda document: document["predictions"]
) -> Callable[[Any], list[Any]]:
    """Return a function that returns the decoded labels of a response."""
    decoding = json.loads((folder / "prediction_decoding.json").read_text())
    return lambda document: [decoding[str(label)] for label in labels(document)]


def _bin(name: str, command: str) -> str:
    return str(BUILD / name / "bin" / command)


def _install(name: str, *packages: str) -> None:
    """Create the environment of a peer with the scikit-learn and joblib of the pickle, unless it exists."""
    requirements = [*packages, *(f"{package}=={version(package)}" for package in ("scikit-learn", "joblib"))]
    done = BUILD / name / "installed"
    if done.exists() and done.read_text().split() == requirements:
        return
    log(f"installing {' '.join(packages)} (takes minutes)")
    _run(name, sys.executable, "-m", "venv", "--clear", BUILD / name)
    _run(name, _bin(name, "python"), "-m", "pip", "install", "--quiet", *requirements)
    done.write_text("\n".join(requirements))


def _run(name: str, *command: str | Path) -> None:
    """Run a command. Raises BenchError with its last line of errors."""
    finished = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    )
    if finished.returncode:
        last = (finished.stderr.strip() or "no reason given").splitlines()[-1]
        raise BenchError(f"{name}: cannot be installed: {last}")
