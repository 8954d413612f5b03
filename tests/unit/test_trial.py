"""A pickle is tried out in a process of its own, which may die without the server."""

from collections.abc import Callable
from pathlib import Path

import joblib
import pytest

from kinds import KINDS
from ml_census import artifacts, config, trial
from ml_census.config import Config
from ml_census.published import ArtifactError
from ml_census.source import Source

Folder = Callable[..., Path]


def tried(path: Path) -> tuple[trial.Proved, Config]:
    settings = config.load(str(path))
    read = Source()
    for uri in (settings.model_path, settings.users, settings.secret, settings.prediction_decoding):
        if uri:
            read.read(uri, 2**30)
    return trial.tried_out(settings, read), settings


def test_a_model_that_can_be_compiled_comes_back_compiled(folder: Folder) -> None:
    proved, _ = tried(folder("article"))

    assert proved.compiled
    assert proved.engine["kind"] == "compiled"


@pytest.mark.parametrize("compile", [True, False])
def test_a_model_of_another_scikit_learn_comes_back_with_its_version(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, compile: bool
) -> None:
    monkeypatch.setattr("sklearn.base.__version__", "1.9.0")
    path = folder("logistic", version_mismatch="warn", compile=compile)
    monkeypatch.undo()
    settings, read = config.load(str(path)), Source()

    loaded = artifacts.load(settings, read, lambda: trial.tried_out(settings, read))

    assert loaded.model.made_by == "1.9.0" != loaded.model.scikit_learn


def test_a_model_that_cannot_comes_back_with_the_reason(folder: Folder) -> None:
    proved, _ = tried(folder("article", compile=False))

    assert proved.compiled is None
    assert proved.engine["kind"] == "original"


def test_what_was_tried_serves_without_scikit_learn_having_loaded_it(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config.load(str(folder("article")))
    read = Source()
    monkeypatch.setattr("ml_census.fitted.unpickled", None)

    loaded = artifacts.load(settings, read, lambda: trial.tried_out(settings, read))

    made = KINDS["article"]()
    assert loaded.model.engine["kind"] == "compiled"
    assert loaded.decoded(loaded.predictor.predict(loaded.predictor.schema.clean(made.rows).columns)) == made.decoded()


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        ("os.abort()", "ended the process that tried it: signal SIGABRT"),
        ("os._exit(3)", "ended the process that tried it: exit code 3"),
        ("ctypes.string_at(0)", "ended the process that tried it: signal SIGSEGV"),
        ("time.sleep(600)", "had not loaded and predicted after 5 s"),
        ("bytearray(2**60)", "MemoryError"),
        ("sys.exit(0)", "SystemExit"),
    ],
)
def test_a_pickle_that_does_harm_is_refused(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str, reason: str
) -> None:
    """Harm that the list of allowed names does not see, as that of flipped bits: eval is trusted here to do it."""
    path = folder("logistic", trusted_globals=["builtins.eval"])
    with (tmp_path / "model.pkl").open("wb") as file:
        joblib.dump(Evaluated(harm), file)
    monkeypatch.setattr(trial, "SECONDS", 5)

    with pytest.raises(ArtifactError, match=reason):
        tried(path)


class Evaluated:
    """Unpickled, it evaluates an expression."""

    def __init__(self, expression: str) -> None:
        modules = ("os", "ctypes", "time", "sys")
        self.expression = f"[{', '.join(f'{each} := __import__({each!r})' for each in modules)}, {expression}]"

    def __reduce__(self) -> object:
        return eval, (self.expression,)


@pytest.mark.parametrize(("limit", "used", "room"), [("max", "5", None), (str(2**30), str(2**29), 2**29 - 2**25)])
def test_the_child_may_have_what_the_container_has_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, used: str, room: int | None
) -> None:
    (tmp_path / "max").write_text(f"{limit}\n")
    (tmp_path / "current").write_text(f"{used}\n")
    monkeypatch.setattr(
        trial, "GROUPS", [(str(tmp_path / "none"), ""), (str(tmp_path / "max"), str(tmp_path / "current"))]
    )

    assert trial._room() == room


def test_no_room_for_the_trial_is_a_reason(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="model_path: .*: cannot be tried out: No such file or directory"):
        tried(folder("logistic", cache_path=str(tmp_path / "gone")))
