"""`ml-census user`: a file that only its owner reads, and passwords that can log in."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ml_census import auth
from ml_census.cli.main import main
from support.fake_gcs import Bucket

GOOD, OTHER = "correct horse battery", "lovelace, countess"


pytestmark = pytest.mark.usefixtures("open_umask")


def run(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, args, input=stdin)


def add(path: Path | str, name: str, password: str = GOOD, *options: str) -> Result:
    return run("user", "add", name, "--users", str(path), *options, stdin=f"{password}\n")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def users(tmp_path: Path) -> Path:
    return tmp_path / "users.json"


def test_added_user_has_a_hash_and_can_log_in(users: Path) -> None:
    assert add(users, "Ada", OTHER).exit_code == 0
    assert add(users, "bob").exit_code == 0

    known = auth.parse_users(json.loads(users.read_bytes()))
    assert set(known) == {"ada", "bob"}
    assert auth.users_with_plaintext_password(known) == []
    assert auth.verify_password(known, "ADA", OTHER)
    assert OTHER not in users.read_text()


@pytest.mark.parametrize("before", [None, 0o644], ids=["no file", "a file that all can read"])
def test_users_file_is_private(users: Path, before: int | None) -> None:
    if before:
        users.write_text(json.dumps({"bob": "clear"}))
        users.chmod(before)

    add(users, "ada")

    assert mode(users) == 0o600
    assert list(users.parent.iterdir()) == [users]


def test_user_added_again_has_the_new_password(users: Path) -> None:
    add(users, "ada", OTHER)
    add(users, "Ada", GOOD)

    known = auth.parse_users(json.loads(users.read_bytes()))
    assert auth.verify_password(known, "ada", GOOD)
    assert not auth.verify_password(known, "ada", OTHER)


def test_removed_user_is_not_in_the_file(users: Path) -> None:
    users.write_text(json.dumps({"ada": "clear", "bob": "clear"}))

    assert run("user", "remove", "Ada", "--users", str(users)).exit_code == 0

    assert set(auth.parse_users(json.loads(users.read_bytes()))) == {"bob"}
    assert mode(users) == 0o600


@pytest.mark.parametrize(("name", "reason"), [("ada", "there is no user ada"), ("bob", "bob is the only user")])
def test_failed_removal_names_the_user_and_keeps_the_file(users: Path, name: str, reason: str) -> None:
    users.write_text(before := json.dumps({"bob": "clear"}))

    result = run("user", "remove", name, "--users", str(users))

    assert (result.exit_code, reason in result.output) == (1, True)
    assert users.read_text() == before


@pytest.mark.parametrize(
    ("name", "password", "reason"),
    [
        ("", GOOD, "user name: must not be empty"),
        (" ", GOOD, "user name: must not be empty"),
        ("a:b", GOOD, "hold a colon"),
        (" ada", GOOD, "user name: must not begin or end with a blank"),
        ("ada ", GOOD, "user name: must not begin or end with a blank"),
        ("a\nb", GOOD, "user name: must not hold control characters"),
        ("ä" * 129, GOOD, "user name: has 258 bytes, expected at most 256"),
        ("ada", "", "password: must not be empty"),
        ("ada", f" {GOOD}", "password: must not begin or end with a blank"),
        ("ada", f"{GOOD} ", "password: must not begin or end with a blank"),
        ("ada", f"{GOOD}\t{GOOD}", "password: must not hold control characters"),
        ("ada", "abcd" * 257, "password: has 1028 bytes, expected at most 1024"),
    ],
)
@pytest.mark.parametrize("options", [[], ["--allow-weak-password"]], ids=["", "also where weak ones are allowed"])
def test_user_that_could_not_log_in_is_rejected(
    users: Path, name: str, password: str, reason: str, options: list[str]
) -> None:
    result = add(users, name, password, *options)

    assert (result.exit_code, reason in result.output) == (1, True)
    assert not users.exists()


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("x", "is shorter than 12 characters"),
        ("elevenchars", "is shorter than 12 characters"),
        ("Administrator", "is the user's name"),
        ("abcabcabcabcabc", "repeats a few characters"),
    ],
)
def test_weak_password_is_rejected_unless_allowed(users: Path, password: str, reason: str) -> None:
    refused = add(users, "administrator", password)

    assert (refused.exit_code, reason in refused.output) == (1, True)
    assert "--allow-weak-password accepts it" in refused.output
    assert not users.exists()
    assert add(users, "administrator", password, "--allow-weak-password").exit_code == 0
    assert auth.verify_password(auth.parse_users(json.loads(users.read_bytes())), "administrator", password)


@pytest.mark.parametrize(("name", "password"), [("ä" * 128, "abcd" * 256), ("ada lovelace", "zwölf Zeichen")])
def test_longest_name_and_password_log_in(users: Path, name: str, password: str) -> None:
    assert add(users, name, password).exit_code == 0
    assert auth.verify_password(auth.parse_users(json.loads(users.read_bytes())), name, password)


def test_invalid_users_file_is_kept(users: Path) -> None:
    users.write_text("[1]")

    result = add(users, "ada")

    assert result.exit_code == 1
    assert users.read_text() == "[1]"


def test_users_are_added_to_a_file_in_a_bucket(bucket: Bucket) -> None:
    uri = "gs://models/users.json"

    first, second = add(uri, "ada"), add(uri, "bob")

    assert (first.exit_code, first.output) == (0, f"ada can log in from {uri}\n")
    assert second.exit_code == 0
    assert set(json.loads(bucket.objects["users.json"])) == {"ada", "bob"}
