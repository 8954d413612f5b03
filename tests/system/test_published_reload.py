"""Reloads of published models under load: each response is of one model."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import joblib
import pytest
import requests
from sklearn.linear_model import LogisticRegression

from support.live_server import SECONDS, Server
from support.published_server import ServeFolder, manifest_of, run, serve_folder
from support.sample_models import LABELS, NUMBERS

__all__ = ["serve_folder"]


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
    serve_folder: ServeFolder, two_models: list[Path], tmp_path: Path
) -> None:
    version = {folder: manifest_of(folder)["model.pkl"][:12] for folder in two_models}
    predictions = {folder: joblib.load(folder / "model.pkl").predict(ROWS).tolist() for folder in two_models}
    replace_link(tmp_path / "current", two_models[0])
    server = serve_folder(tmp_path / "current", reload_interval_seconds=0.05)
    token, over = server.token(), threading.Event()
    before = server.memory()
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")  # the peak is counted from here

    def send_requests() -> Counter[tuple[Any, ...]]:
        responses = Counter[tuple[Any, ...]]()
        with requests.Session() as session:
            while not over.is_set():
                response = session.post(
                    f"{server.url}/prediction", json={"inputs": ROWS}, headers={"Authorization": token}, timeout=SECONDS
                )
                responses[
                    response.status_code, response.headers["X-Model-Version"], tuple(response.json()["predictions"])
                ] += 1
        return responses

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(send_requests) for _ in range(4)]
        try:
            for swap in range(1, SWAPS + 1):
                folder = two_models[swap % 2]
                replace_link(tmp_path / "current", folder)
                wait_for_version(server, version[folder])
        finally:
            over.set()
        responses = sum((client.result() for client in clients), Counter[tuple[Any, ...]]())

    assert set(responses) == {(200, version[folder], tuple(predictions[folder])) for folder in two_models}
    assert min(responses.values()) >= SWAPS
    size = sum(file.stat().st_size for file in two_models[0].iterdir())
    assert server.memory("VmHWM") - before <= 2 * size + 64 * 2**20


def wait_for_version(server: Server, version: str) -> None:
    while requests.get(f"{server.url}/version", timeout=SECONDS).json()["model"] != version:
        time.sleep(0.02)
