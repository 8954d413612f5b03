"""A model whose check lacks memory, space or time is checked again; at the start, three times."""

import os
from pathlib import Path

import joblib
import pytest

from conftest import WriteFolder
from ml_census.artifacts.bundle import Artifacts
from ml_census.errors import ArtifactError
from support.child_program import Program, replace_python
from support.reloading import start
from support.sample_models import SAMPLE_MODELS


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Run a shell script in place of the Python of the child process."""
    return replace_python(tmp_path, monkeypatch)


def test_postponed_model_is_loaded_after_the_shortage(
    path: Path, folder: WriteFolder, program: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reloader, served = start(path)
    (path.parent / "manifest.json").unlink()
    joblib.dump(SAMPLE_MODELS["logistic"]().model, path.parent / "model.pkl", compress=1)
    with monkeypatch.context() as patch:
        replace_python(path.parent, patch)(f"exit {os.EX_TEMPFAIL}")
        reloader.check(reloader.model, served.append)

    assert len(served) == 1
    assert "reload postponed: " in caplog.text and "trying again in 30 s" in caplog.text

    reloader.model.backoff.until = 0
    reloader.check(reloader.model, served.append)

    assert len(served) == 2
    assert isinstance(served[-1], Artifacts)


def test_start_ends_after_three_attempts(
    folder: WriteFolder, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(f"echo >> {tmp_path}/attempts; exit {os.EX_TEMPFAIL}")
    monkeypatch.setattr("time.sleep", lambda _: None)

    with pytest.raises(ArtifactError, match=f"exited with code {os.EX_TEMPFAIL}"):
        start(folder("logistic"))

    assert (tmp_path / "attempts").read_text() == 3 * "\n"
