"""A pickle is tried out in a process of its own, which may die without the server."""

import dataclasses
import io
import json
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import joblib
import pytest

from conftest import write_folder
from ml_census import config
from ml_census.config import Config
from ml_census.engine.engine_info import EngineInfo
from ml_census.errors import ArtifactError
from ml_census.models import loading, sandbox
from ml_census.models.pickles import estimator
from ml_census.models.sandbox import container_memory, parent
from ml_census.models.sandbox.result import SandboxResult
from ml_census.storage.snapshot import Snapshot
from support import harmful_module
from support.sample_models import SAMPLE_MODELS, made_by

Folder = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the child import what the tests trust."""
    monkeypatch.setenv("PYTHONPATH", str(Path(harmful_module.__file__).parents[1]))


def source_of(settings: Config) -> Snapshot:
    """The artifacts, read as a server reads them before the trial."""
    read = Snapshot()
    for uri in (settings.model_path, settings.prediction_decoding):
        if uri:
            read.read(uri, 2**30)
    return read


def tried(path: Path) -> SandboxResult:
    settings = config.load(str(path))
    return sandbox.run_in_sandbox(settings, source_of(settings))


def of_version_1_9(path: Path) -> Config:
    """The configuration of a folder, once another scikit-learn has made its model."""
    model = path.parent / "model.pkl"
    model.write_bytes(made_by("1.9.0", model.read_bytes()))
    return config.load(str(path))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A model that another scikit-learn has made, and that can be compiled."""
    return of_version_1_9(write_folder(tmp_path_factory.mktemp("trial"), "logistic", sklearn_version_mismatch="warn"))


@pytest.fixture(scope="module")
def proved(settings: Config) -> SandboxResult:
    """The result of one child for all tests of it."""
    return sandbox.run_in_sandbox(settings, source_of(settings))


@pytest.mark.slow
def test_compilable_model_returns_compiled_with_its_version(proved: SandboxResult) -> None:
    assert proved.compiled
    assert proved.engine.kind == "compiled"
    assert proved.trained_with_sklearn == "1.9.0" != proved.sklearn_version


@pytest.mark.slow
def test_compiled_model_serves_without_unpickling_again(folder: Folder) -> None:
    """The pickle adds a line to a file each time that it is loaded."""
    path, made = folder("logistic", trusted_globals=["support.harmful_module.evaluate"]), SAMPLE_MODELS["logistic"]()
    loads = path.parent / "loads"
    model = f"__import__('pickle').loads({pickle.dumps(made.model)!r})"
    (path.parent / "model.pkl").write_bytes(evaluating(f"(open({str(loads)!r}, 'a').write('line'), {model})[1]"))

    loaded = loading.load_model(config.load(str(path)), Snapshot())

    assert loads.read_text() == "line"
    assert loaded.engine.kind == "compiled"
    assert loaded.decode(loaded.predictor.predict(loaded.predictor.schema.validate_rows(made.rows).columns)) == (
        made.decoded()
    )


@pytest.mark.slow
def test_uncompiled_model_returns_the_reason_and_its_version(folder: Folder) -> None:
    settings = of_version_1_9(folder("logistic", sklearn_version_mismatch="warn", compile=False))

    loaded = loading.load_model(settings, Snapshot())

    assert loaded.engine == EngineInfo("sklearn", reason="the configuration says compile: false")
    assert loaded.trained_with_sklearn == "1.9.0" != loaded.sklearn_version


def evaluating(harm: str) -> bytes:
    """A pickle that evaluates an expression, of a kind that flipped bits may make and no list of names finds."""
    file = io.BytesIO()
    joblib.dump(Evaluated(harm), file)
    return file.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        ("os._exit(3)", "model check failed: sandbox process exited with code 3"),
        ("ctypes.string_at(0)", "model check failed: sandbox process was killed by SIGSEGV"),
    ],
)
def test_pickle_that_ends_the_child_is_refused_with_how(folder: Folder, harm: str, reason: str) -> None:
    path = folder("logistic", trusted_globals=["support.harmful_module.evaluate"])
    (path.parent / "model.pkl").write_bytes(evaluating(harm))

    with pytest.raises(ArtifactError, match=reason):
        tried(path)


@pytest.mark.parametrize(("harm", "reason"), [("bytearray(2**60)", "MemoryError"), ("sys.exit(0)", "SystemExit")])
def test_pickle_that_raises_is_refused_with_the_exception(harm: str, reason: str) -> None:
    """These end neither the child nor the server: they are caught where the model is unpickled."""
    with pytest.raises(ArtifactError, match=reason):
        estimator.load_estimator("model_path", "model.pkl", evaluating(harm), ["support.harmful_module.evaluate"])


def test_trial_that_outlasts_its_time_is_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parent, "TIMEOUT_SECONDS", 0.01)

    with pytest.raises(ArtifactError, match="model check timed out after 0.01 s"):
        tried(folder("logistic"))


class Evaluated:
    """Unpickled, it evaluates an expression."""

    def __init__(self, expression: str) -> None:
        self.expression = expression

    def __reduce__(self) -> object:
        return harmful_module.evaluate, (self.expression,)


def group(folder: Path, limit: str, used: int, files: int = 0) -> container_memory.ControlGroup:
    """The files of a control group."""
    (folder / "max").write_text(f"{limit}\n")
    (folder / "current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 1\ninactive_file {files - 4096}\nactive_file 4096\n")
    return container_memory.ControlGroup(str(folder), "max", "current", "")


@pytest.mark.parametrize(
    ("limit", "used", "files", "room"),
    [
        ("max", 5, 0, None),
        (str(2**30), 2**29, 0, 2**29 - 2**25),
        (str(2**30), 2**30, 2**29, 2**29 - 2**25),
        (str(2**30), 2**30, 0, 2**25),
    ],
)
def test_the_child_may_have_what_the_container_has_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, used: int, files: int, room: int | None
) -> None:
    """What the kernel keeps of files, such as a model that was just written, it gives back when it is asked to."""
    none = container_memory.ControlGroup(str(tmp_path / "none"), "max", "current", "")
    monkeypatch.setattr(container_memory, "CGROUPS", [none, group(tmp_path, limit, used, files)])

    assert container_memory.available_memory() == room


def test_both_versions_of_control_groups_are_asked_for_what_they_have() -> None:
    """Of this machine, whichever it has."""
    for folder, limit, use, total in container_memory.CGROUPS:
        if Path(folder, limit).exists():
            assert Path(folder, use).exists()
            lines = Path(folder, "memory.stat").read_text()
            assert len(re.findall(rf"^{total}(?:in)?active_file [0-9]+$", lines, re.MULTILINE)) == 2


LIMITED = """
import sys
from pathlib import Path
from ml_census.models.sandbox import container_memory, child

container_memory.CGROUPS = [container_memory.ControlGroup(*sys.argv[2:])]
child.check_model(Path(sys.argv[1]))
"""


@pytest.mark.slow
def test_pickle_larger_than_the_memory_left_fails_in_the_child(folder: Folder, tmp_path: Path) -> None:
    """By a limit of the child, before the kernel would end the server. The 16 MiB before that fit."""
    path, fits = folder("logistic", trusted_globals=["support.harmful_module.evaluate"]), tmp_path / "fits"
    harm = f"[bytearray(2**24), os.mkdir({str(fits)!r}), bytearray(2**29)]"
    (path.parent / "model.pkl").write_bytes(evaluating(harm))
    settings = config.load(str(path))
    source_of(settings).save(tmp_path / "trial")
    (tmp_path / "trial" / "config.json").write_text(json.dumps(dataclasses.asdict(settings)))
    full = group(tmp_path, str(2**30), 2**29)

    subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path / "trial"), *full], check=True)

    assert "MemoryError" in json.loads((tmp_path / "trial" / "result.json").read_text())["error"][2]
    assert fits.exists()


def test_no_room_for_the_trial_is_a_reason(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="model_path: .*: model check could not run: No such file or directory"):
        tried(folder("logistic", cache_path=str(tmp_path / "gone")))
