"""A pickle is tried out in a process of its own, which may die without the server."""

import dataclasses
import json
import re
import subprocess
import sys
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
    for uri in (settings.model_path, settings.prediction_decoding):
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
    if "time.sleep" in harm:  # for the others the machine may be slow
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


def group(folder: Path, limit: str, used: int, files: int = 0) -> tuple[str, ...]:
    """The files of a control group."""
    (folder / "max").write_text(f"{limit}\n")
    (folder / "current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 1\ninactive_file {files - 4096}\nactive_file 4096\n")
    return str(folder), "max", "current", ""


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
    none = str(tmp_path / "none"), "max", "current", ""
    monkeypatch.setattr(trial, "GROUPS", [none, group(tmp_path, limit, used, files)])

    assert trial._room() == room


def test_both_versions_of_control_groups_are_asked_for_what_they_have() -> None:
    """Of this machine, whichever it has."""
    for folder, limit, use, total in trial.GROUPS:
        if Path(folder, limit).exists():
            assert Path(folder, use).exists()
            lines = Path(folder, "memory.stat").read_text()
            assert len(re.findall(rf"^{total}(?:in)?active_file [0-9]+$", lines, re.MULTILINE)) == 2


LIMITED = """
import sys
from pathlib import Path
from ml_census import trial

trial.GROUPS = [tuple(sys.argv[2:])]
trial.run(Path(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("harm", "reason"), [("bytearray(2**29)", "MemoryError"), ("bytearray(2**24)", "a list has no predict")]
)
def test_a_pickle_that_takes_more_memory_than_there_is_fails_in_the_child(
    folder: Folder, tmp_path: Path, harm: str, reason: str
) -> None:
    """By a limit of its own, before the kernel would end the server. What fits is let through."""
    settings = config.load(str(folder("logistic", trusted_globals=["builtins.eval"])))
    with (tmp_path / "model.pkl").open("wb") as file:
        joblib.dump(Evaluated(harm), file)
    read = Source()
    read.read(settings.model_path, 2**30)
    read.save(tmp_path / "trial")
    (tmp_path / "trial" / "config.json").write_text(json.dumps(dataclasses.asdict(settings)))
    full = group(tmp_path, str(2**30), 2**29)

    subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path / "trial"), *full], check=True, timeout=60)

    assert reason in json.loads((tmp_path / "trial" / "outcome.json").read_text())["error"][2]


def test_no_room_for_the_trial_is_a_reason(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="model_path: .*: cannot be tried out: No such file or directory"):
        tried(folder("logistic", cache_path=str(tmp_path / "gone")))
