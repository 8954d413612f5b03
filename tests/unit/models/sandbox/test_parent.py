"""A pickle that crashes, hangs or fails in the child process is rejected; a shortage of the machine is transient."""

import resource
from pathlib import Path

import pytest

from conftest import WriteFolder
from ml_census import config
from ml_census.config import Config
from ml_census.engine.engine_info import EngineInfo
from ml_census.errors import ArtifactError
from ml_census.models import loading
from ml_census.models.sandbox import parent, run_in_sandbox
from ml_census.storage.snapshot import Snapshot
from support.child_program import Program, replace_python
from support.harmful_pickles import EVALUATE, evaluating, model_after
from support.sample_models import SAMPLE_MODELS, made_by


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Run a shell script in place of the Python of the child process."""
    return replace_python(tmp_path, monkeypatch)


def read(path: Path) -> tuple[Config, Snapshot]:
    """Return a configuration and its model, read as a server reads it before the check."""
    settings, files = config.load(str(path)), Snapshot()
    files.read(settings.model_path, 2**30)
    return settings, files


def rejection(path: Path) -> ArtifactError:
    """Return the error for the model of a configuration."""
    settings, files = read(path)
    with pytest.raises(ArtifactError) as raised:
        run_in_sandbox(settings, files)
    return raised.value


@pytest.mark.slow
def test_compilable_model_returns_its_compiled_form(folder: WriteFolder) -> None:
    path = folder("logistic", sklearn_version_mismatch="warn")
    model = path.parent / "model.pkl"
    model.write_bytes(made_by("1.9.0", model.read_bytes()))
    settings, files = read(path)
    assert settings.prediction_decoding
    files.read(settings.prediction_decoding, 2**30)

    result = run_in_sandbox(settings, files)

    assert result.compiled
    assert result.engine.kind == "compiled"
    assert result.trained_with_sklearn == "1.9.0" != result.sklearn_version


@pytest.mark.slow
def test_compiled_model_is_unpickled_once_in_the_child(folder: WriteFolder) -> None:
    """The pickle adds a word to a file each time that it is loaded."""
    path, sample = folder("logistic", trusted_globals=[EVALUATE]), SAMPLE_MODELS["logistic"]()
    loads = path.parent / "loads"
    (path.parent / "model.pkl").write_bytes(model_after(f"open({str(loads)!r}, 'a').write('load ')", sample.model))

    model = loading.load_model(config.load(str(path)), Snapshot())

    assert loads.read_text() == "load "
    assert model.engine.kind == "compiled"
    columns = model.predictor.schema.validate_rows(sample.rows).columns
    assert model.decode(model.predictor.predict(columns)) == sample.decoded()


@pytest.mark.slow
def test_uncompiled_model_has_the_reason_and_its_version(folder: WriteFolder) -> None:
    path = folder("logistic", sklearn_version_mismatch="warn", compile=False)
    file = path.parent / "model.pkl"
    file.write_bytes(made_by("1.9.0", file.read_bytes()))

    model = loading.load_model(config.load(str(path)), Snapshot())

    assert model.engine == EngineInfo("sklearn", reason="the configuration says compile: false")
    assert model.trained_with_sklearn == "1.9.0" != model.sklearn_version


@pytest.mark.slow
@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        ("os._exit(3)", "model check failed: sandbox process exited with code 3"),
        ("ctypes.string_at(0)", "model check failed: sandbox process was killed by SIGSEGV"),
    ],
)
def test_pickle_that_ends_the_child_is_rejected(folder: WriteFolder, harm: str, reason: str) -> None:
    path = folder("logistic", trusted_globals=[EVALUATE])
    (path.parent / "model.pkl").write_bytes(evaluating(harm))

    assert rejection(path).reason.startswith(reason)


@pytest.mark.parametrize(
    ("script", "is_transient", "words"),
    [
        ("kill -KILL $$", True, "sandbox process was killed by SIGKILL (out of memory?)"),
        ("echo 'ml-census: No space left on device' >&2; exit 75", True, "exited with code 75: ml-census: No space"),
        ("kill -SEGV $$", False, "was killed by SIGSEGV"),
        ("exit 3", False, "exited with code 3"),
        ("exit 0", False, "exited with code 0"),
    ],
)
def test_only_a_shortage_makes_the_error_transient(
    folder: WriteFolder, program: Program, script: str, is_transient: bool, words: str
) -> None:
    path = folder("logistic")
    program(script)

    error = rejection(path)

    assert error.is_transient is is_transient
    assert words in error.reason


def test_child_that_times_out_is_killed_with_its_children(
    folder: WriteFolder, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder("logistic")
    program(f"sleep 600 & echo $! > {tmp_path}/pid; wait")
    monkeypatch.setattr(parent, "TIMEOUT_SECONDS", 1)

    error = rejection(path)

    assert error.is_transient
    assert error.reason == "model check timed out after 1 s"
    grandchild = Path("/proc", (tmp_path / "pid").read_text().strip(), "stat")
    assert not grandchild.exists() or grandchild.read_text().split()[2] == "Z"


def test_output_of_the_child_is_bounded(folder: WriteFolder, program: Program) -> None:
    """The child writes 64 MiB to each stream, and a last line that is not UTF-8."""
    path = folder("logistic")
    program("head -c 67108864 /dev/zero; head -c 67108864 /dev/zero >&2; printf '\\nlast \\377 line\\n' >&2; exit 3")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    error = rejection(path)

    assert "exited with code 3: last \N{REPLACEMENT CHARACTER} line" in error.reason
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024  # KiB


def test_missing_cache_folder_is_reported(folder: WriteFolder, tmp_path: Path) -> None:
    error = rejection(folder("logistic", cache_path=str(tmp_path / "gone")))

    assert error.reason == "model check could not run: No such file or directory"


def test_full_disk_is_transient(folder: WriteFolder, tmp_path: Path) -> None:
    path = folder("logistic", cache_path=str(tmp_path))
    settings, files = read(path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))  # a larger file raises OSError, as on a full disk
    try:
        with pytest.raises(ArtifactError, match="model check could not run: ") as raised:
            run_in_sandbox(settings, files)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert raised.value.is_transient and not raised.value.is_storage_unavailable


def test_shortage_of_open_files_is_transient(folder: WriteFolder) -> None:
    settings, files = read(folder("logistic"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(ArtifactError) as raised:
            run_in_sandbox(settings, files)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert raised.value.is_transient
    assert "Too many open files" in raised.value.reason
