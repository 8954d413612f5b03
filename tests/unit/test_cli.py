"""The command line: help with examples, users, keys, and one-line errors."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ml_census import auth
from ml_census.cli import main

COMMANDS = [["serve"], ["train"], ["publish"], ["user", "add"], ["user", "remove"], ["secret"], ["predict"]]


def run(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, args, input=stdin)


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


def test_a_secret_is_long_enough_and_new_each_time() -> None:
    first, second = run("secret").output, run("secret").output

    assert first != second
    assert auth.parse_keys(first.encode()) == auth.parse_keys(first.strip().encode())


def test_a_user_is_added_with_a_hash_and_can_log_in(tmp_path: Path) -> None:
    path = tmp_path / "users.json"

    assert run("user", "add", "Ada", "--users", str(path), stdin="lovelace\n").exit_code == 0
    assert run("user", "add", "bob", "--users", str(path), stdin="builder\n").exit_code == 0

    users = auth.parse_users(path.read_bytes())
    assert set(users) == {"ada", "bob"}
    assert auth.in_clear(users) == []
    assert auth.check_password(users, "ADA", "lovelace")
    assert "lovelace" not in path.read_text()


def test_a_user_added_again_has_the_new_password(tmp_path: Path) -> None:
    path = str(tmp_path / "users.json")
    run("user", "add", "ada", "--users", path, stdin="old\n")
    run("user", "add", "Ada", "--users", path, stdin="new\n")

    users = auth.parse_users(Path(path).read_bytes())

    assert auth.check_password(users, "ada", "new")
    assert not auth.check_password(users, "ada", "old")


def test_a_removed_user_is_not_in_the_file_any_more(tmp_path: Path) -> None:
    path = str(tmp_path / "users.json")
    for name in ("ada", "bob"):
        run("user", "add", name, "--users", path, stdin="x\n")

    assert run("user", "remove", "Ada", "--users", path).exit_code == 0
    assert set(auth.parse_users(Path(path).read_bytes())) == {"bob"}


@pytest.mark.parametrize(("name", "reason"), [("ada", "there is no user ada"), ("bob", "bob is the only user")])
def test_a_user_that_cannot_be_removed_is_named_and_the_file_left_alone(tmp_path: Path, name: str, reason: str) -> None:
    path = tmp_path / "users.json"
    run("user", "add", "bob", "--users", str(path), stdin="x\n")
    before = path.read_bytes()

    result = run("user", "remove", name, "--users", str(path))

    assert result.exit_code == 1
    assert reason in result.output
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "stdin", "reason"),
    [("ada", "\n", "password is empty"), ("a:b", "x\n", "colon"), (" ", "x\n", "must not be empty")],
)
def test_a_user_that_could_not_log_in_is_refused(tmp_path: Path, name: str, stdin: str, reason: str) -> None:
    result = run("user", "add", name, "--users", str(tmp_path / "users.json"), stdin=stdin)

    assert result.exit_code == 1
    assert reason in result.output
    assert not (tmp_path / "users.json").exists()


def test_a_users_file_that_is_not_one_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text("[1]")

    result = run("user", "add", "ada", "--users", str(tmp_path / "users.json"), stdin="x\n")

    assert result.exit_code == 1
    assert json.loads((tmp_path / "users.json").read_text()) == [1]


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
