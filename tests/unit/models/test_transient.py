"""What memory, space, processes or time do to the trial of a model says nothing of the model."""

import errno
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.base import BaseEstimator

from ml_census import config
from ml_census.artifacts.reloader import ArtifactReloader
from ml_census.errors import ArtifactError
from ml_census.models import manifest, sandbox
from ml_census.models.pickles import predictor_factory
from ml_census.models.sandbox import parent
from ml_census.storage import snapshot
from ml_census.storage.snapshot import Snapshot
from support.sample_models import SAMPLE_MODELS

Folder = Callable[..., Path]


def refusal(path: Path) -> ArtifactError:
    settings, read = config.load(str(path)), Snapshot()
    read.read(settings.model_path, 2**30)
    with pytest.raises(ArtifactError) as refused:
        sandbox.run_in_sandbox(settings, read)
    return refused.value


def test_no_space_for_the_trial_is_transient(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder("logistic")
    monkeypatch.setattr("tempfile.mkdtemp", _raise(OSError(errno.ENOSPC, "No space left on device")))

    error = refusal(path)

    assert error.is_transient and not error.is_storage_unavailable
    assert "model check could not run: No space left on device" in error.reason


def test_no_process_for_the_trial_is_transient(folder: Folder) -> None:
    path = folder("logistic")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    settings, read = config.load(str(path)), Snapshot()
    read.read(settings.model_path, 2**30)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(ArtifactError) as refused:
            sandbox.run_in_sandbox(settings, read)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert refused.value.is_transient
    assert "Too many open files" in refused.value.reason


def _raise(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let a shell script run in place of the interpreter that tries the model out."""

    def write(script: str) -> None:
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(path))

    return write


@pytest.mark.parametrize(
    ("script", "is_transient", "words"),
    [
        ("kill -KILL $$", True, "sandbox process was killed by SIGKILL (out of memory?)"),
        (
            "echo 'ml-census: No space left on device' >&2; exit 75",
            True,
            "exited with code 75: ml-census: No space",
        ),
        ("kill -SEGV $$", False, "was killed by SIGSEGV"),
        ("exit 3", False, "exited with code 3"),
    ],
)
def test_only_the_end_of_a_child_that_the_model_caused_is_its_fault(
    folder: Folder, program: Callable[[str], None], script: str, is_transient: bool, words: str
) -> None:
    path = folder("logistic")
    program(script)

    error = refusal(path)

    assert error.is_transient is is_transient
    assert words in error.reason


def test_a_child_that_takes_too_long_is_ended_with_all_that_it_started(
    folder: Folder, tmp_path: Path, program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder("logistic")
    program(f"sleep 600 & echo $! > {tmp_path}/pid; wait")
    monkeypatch.setattr(parent, "TIMEOUT_SECONDS", 1)

    error = refusal(path)

    assert error.is_transient
    grandchild = Path("/proc", (tmp_path / "pid").read_text().strip(), "stat")
    assert not grandchild.exists() or grandchild.read_text().split()[2] == "Z"


def test_the_output_of_the_child_is_bounded_and_read_as_bytes(folder: Folder, program: Callable[[str], None]) -> None:
    """64 MiB on each stream, and a last line that is no UTF-8."""
    path = folder("logistic")
    program("head -c 67108864 /dev/zero; head -c 67108864 /dev/zero >&2; printf '\\nlast \\377 line\\n' >&2; exit 3")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    error = refusal(path)

    assert "exited with code 3: last \N{REPLACEMENT CHARACTER} line" in error.reason
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024  # KiB


def started(path: Path) -> ArtifactReloader:
    load = ArtifactReloader(config.load(str(path)))
    load.load_initial()
    return load


def test_a_model_that_could_not_be_tried_out_is_tried_again(
    folder: Folder,
    tmp_path: Path,
    program: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path, python = folder("logistic"), sys.executable
    load = started(path)
    program(f"echo >> {tmp_path}/tries; exit {os.EX_TEMPFAIL}")
    joblib.dump(SAMPLE_MODELS["logistic"]().model, path.parent / "model.pkl", compress=1)
    part = load.model
    now, pauses = time.monotonic(), []
    monkeypatch.setattr("time.monotonic", lambda: now)

    for _ in range(7):
        load.check(part, lambda _: None)
        load.check(part, lambda _: None)  # not yet
        pauses.append(part.backoff.pause)
        now += part.backoff.pause

    assert (tmp_path / "tries").read_text() == 7 * "\n"
    assert pauses == [30, 60, 120, 240, 480, 600, 600]
    assert "reload postponed: " in caplog.text
    monkeypatch.setattr(sys, "executable", python)
    known: list[Any] = []
    load.check(part, known.append)
    assert len(known) == 1, "and is loaded once it can be"


def test_a_start_that_cannot_try_the_model_out_ends_after_three_tries(
    folder: Folder, tmp_path: Path, program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    program(f"echo >> {tmp_path}/tries; exit {os.EX_TEMPFAIL}")
    monkeypatch.setattr("time.sleep", lambda _: None)

    with pytest.raises(ArtifactError, match=f"exited with code {os.EX_TEMPFAIL}"):
        started(folder("logistic"))

    assert (tmp_path / "tries").read_text() == 3 * "\n"


@pytest.mark.parametrize("index", [[], 7, None, {"a": 7}, {"a": ["b"]}], ids=json.dumps)
def test_an_index_of_another_shape_is_no_cache(tmp_path: Path, index: Any) -> None:
    (tmp_path / "index.json").write_text(json.dumps(index))

    with pytest.raises(ValueError, match="index.json"):
        snapshot.read_cache(tmp_path)


class Large(BaseEstimator):  # type: ignore[misc]
    """A model whose columns take more memory to read than there is."""

    n_features_in_ = 1

    @property
    def feature_names_in_(self) -> list[str]:
        raise MemoryError


def test_want_of_memory_while_columns_are_read_is_transient(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").touch()
    path = str(tmp_path / "model.pkl")

    with pytest.raises(ArtifactError) as refused:
        predictor_factory.sklearn_predictor(path, Large(), manifest.ModelFolder(path, Snapshot()))

    assert refused.value.is_transient
    assert refused.value.reason == "not enough memory to load it (MemoryError)"
