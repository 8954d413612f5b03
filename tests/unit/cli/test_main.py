"""The command line: help with examples, environment, and one-line errors. Users and keys are in test_users.py."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ml_census.cli.main import main

COMMANDS = [["serve"], ["train"], ["publish"], ["user", "add"], ["user", "remove"], ["generate-key"], ["predict"]]


def run(*args: str) -> Result:
    return CliRunner().invoke(main, args)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_shows_an_example(command: list[str]) -> None:
    result = run(*command, "--help")

    assert result.exit_code == 0
    assert f"Example: ml-census {' '.join(command)}" in result.output


def test_vertex_ai_says_by_the_environment_where_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HTTP_PORT": "8080", "PREDICT_ROUTE": "/predict", "HEALTH_ROUTE": "/health"}.items():
        monkeypatch.setenv(f"AIP_{name}", value)

    asked = main.commands["serve"].make_context("serve", [])

    told = {key: asked.params[key] for key in ("port", "predict_route", "health_route")}
    assert told == {"port": 8080, "predict_route": "/predict", "health_route": "/health"}


def test_a_container_says_by_the_environment_where_it_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """SageMaker runs `IMAGE serve` and gives no options."""
    for name, value in {"CONFIG": "/opt/ml/model/config.yaml", "HOST": "0.0.0.0", "PORT": "8080"}.items():
        monkeypatch.setenv(f"ML_CENSUS_SERVE_{name}", value)

    asked = main.make_context("ml-census", ["serve"])
    with asked:
        told = main.commands["serve"].make_context("serve", [], parent=asked).params

    assert [told[key] for key in ("path", "host", "port")] == ["/opt/ml/model/config.yaml", "0.0.0.0", 8080]


def test_every_command_is_in_the_list_above() -> None:
    def leaves(command: click.Command, path: list[str]) -> list[list[str]]:
        if not isinstance(command, click.Group):
            return [] if command.hidden else [path]
        return [leaf for name, inner in command.commands.items() for leaf in leaves(inner, [*path, name])]

    assert sorted(leaves(main, [])) == sorted(COMMANDS)


@pytest.mark.parametrize("url", ["ftp://x", "http://127.0.0.1:1", "http://x/y z", "http://[::1"])
def test_predict_says_why_there_is_no_answer(tmp_path: Path, url: str) -> None:
    (tmp_path / "password").write_text("x\n")

    result = run("predict", "--url", url, "--user", "a", "--password-file", str(tmp_path / "password"), "--row", "[1]")

    assert result.exit_code == 1
    assert result.output.startswith(f"ml-census: {url}: ")


@pytest.mark.parametrize("option", ["--user-file", "--password-file"])
def test_a_name_or_password_that_is_not_text_is_told_by_its_file(tmp_path: Path, option: str) -> None:
    for each in ("--user-file", "--password-file"):
        (tmp_path / each).write_bytes(b"x\xff\n" if each == option else b"x\n")
    files = [word for each in ("--user-file", "--password-file") for word in (each, str(tmp_path / each))]

    result = run("predict", "--url", "http://127.0.0.1:1", *files, "--row", "[1]")

    assert (result.exit_code, result.output) == (1, f"ml-census: {tmp_path / option}: not UTF-8 text\n")
