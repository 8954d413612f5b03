"""The server reads the result that the child process has written."""

from pathlib import Path

import pytest

from ml_census.engine.engine_info import EngineInfo
from ml_census.errors import ArtifactError
from ml_census.models.sandbox.result import SandboxResult, has_result, read_result, write_error


@pytest.mark.parametrize(
    "result",
    [
        SandboxResult(b"compiled", b"{}", EngineInfo("compiled", verified_rows=7), "1.9.1", "1.9.0", ["a warning"]),
        SandboxResult(None, b"", EngineInfo("sklearn", reason="no rule for clusters"), "1.9.1", None, []),
    ],
    ids=["compiled", "sklearn"],
)
def test_result_is_read_as_it_was_written(tmp_path: Path, result: SandboxResult) -> None:
    assert not has_result(tmp_path)

    result.write(tmp_path)

    assert has_result(tmp_path)
    assert read_result(tmp_path) == result


@pytest.mark.parametrize("is_transient", [True, False])
def test_error_of_the_child_is_raised_again(tmp_path: Path, is_transient: bool) -> None:
    write_error(tmp_path, ArtifactError("model_path", "a/model.pkl", "no model", is_transient=is_transient))

    with pytest.raises(ArtifactError, match="model_path: a/model.pkl: no model") as raised:
        read_result(tmp_path)

    assert raised.value.is_transient is is_transient
