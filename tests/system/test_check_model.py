"""`ml-census check` as a process, as a CI job runs the command."""

import json
import os
import subprocess
import sys
from pathlib import Path

from conftest import WriteFolder
from support.live_server import SECONDS
from support.published_server import run, without_sklearn

__all__ = ["without_sklearn"]


def check(*arguments: object, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ml_census", "check", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=os.environ | env)


def test_exit_code_says_whether_a_server_starts(folder: WriteFolder, tmp_path: Path) -> None:
    good = folder("logistic").parent / "model.pkl"
    (tmp_path / "bad.pkl").write_bytes(b"bad")

    assert run("check", good).returncode == 0
    assert run("check", tmp_path / "bad.pkl").returncode == 1


def test_published_folder_is_checked_without_scikit_learn(
    published_folder: WriteFolder, without_sklearn: dict[str, str]
) -> None:
    done = check(published_folder("article").parent, "--json", env=without_sklearn)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["engine"]["kind"] == "compiled"


def test_pickle_without_scikit_learn_has_the_command_to_install(
    folder: WriteFolder, without_sklearn: dict[str, str]
) -> None:
    done = check(folder("logistic").parent / "model.pkl", env=without_sklearn)

    assert done.returncode == 1
    assert done.stdout.endswith("pip install 'ml-census[sklearn]'\n")
