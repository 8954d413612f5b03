"""The server reports each fault of the runbook with the line that the runbook lists."""

import json
import pickle
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sklearn

from conftest import WriteFolder
from ml_census import config
from ml_census.errors import ArtifactError
from support.doc_commands import DOCUMENTS
from support.load_artifacts import load_artifacts

Fault = Callable[[Path], object]


def configured(key: str, value: object) -> Fault:
    """Return a fault that adds a key to config.yaml."""

    def fault(folder: Path) -> None:
        path = folder / "config.yaml"
        path.write_text(path.read_text() + f"{key}: {value}\n")

    return fault


def written(name: str, content: object) -> Fault:
    """Return a fault that writes JSON to a file."""
    return lambda folder: (folder / name).write_text(json.dumps(content))


def refitted(folder: Path) -> None:
    """Change the version of scikit-learn that the model file names."""
    path, version = folder / "model.pkl", sklearn.__version__
    path.write_bytes(path.read_bytes().replace(version.encode(), f"9{version[1:]}".encode()))


FAULTS: dict[str, Fault] = {
    "not found": lambda folder: (folder / "users.json").unlink(),
    "SHA-256 mismatch": configured("model_sha256", 64 * "a"),
    "trained with scikit-learn": refitted,
    "references forbidden global": lambda folder: (folder / "model.pkl").write_bytes(pickle.dumps(subprocess.run)),
    "golden row": written("golden.json", {"rows": [[39, "Private", 10, "Male"]], "predictions": ["?"]}),
    "larger than": configured("max_model_bytes", 10),
    "must be a JSON object": written("users.json", []),
    "the password hash of": written("users.json", {"census": "scrypt:1$salt$0"}),
    "a key is shorter than": lambda folder: (folder / "secret.txt").write_text("short"),
}
# These faults need a bucket, a process of their own or an image without scikit-learn.
ELSEWHERE = {
    "permission denied": "tests/system/test_storage_gs.py",
    "trying again": "tests/system/test_storage_gs.py",
    "no compiled.npz beside": "tests/system/test_published.py",
    "model check failed": "tests/unit/models/sandbox/test_parent.py",
}


@pytest.mark.parametrize("line", FAULTS)
def test_fault_is_reported_with_the_line_of_the_runbook(folder: WriteFolder, line: str) -> None:
    path = folder()
    FAULTS[line](path.parent)

    with pytest.raises(ArtifactError) as raised:
        load_artifacts(config.load(str(path)))

    assert line in str(raised.value)


def test_runbook_has_the_lines_that_are_tested() -> None:
    table = DOCUMENTS["docs/runbook/pod-not-ready.md"].partition("| the line has |")[2].partition("\n## ")[0]

    assert set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)) == FAULTS.keys() | ELSEWHERE.keys()
