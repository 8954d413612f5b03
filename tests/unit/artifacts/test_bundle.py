"""Users and signing keys are loaded or rejected with key, URI and reason, and weak ones are logged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import WriteFolder
from ml_census import config
from ml_census.artifacts import bundle
from ml_census.artifacts.bundle import load_signing_keys, load_users, log_warnings
from ml_census.config import Config
from ml_census.errors import ArtifactError
from ml_census.storage.snapshot import Snapshot
from support.load_artifacts import load_artifacts
from support.log_messages import messages_of

Load = Callable[[Config, Snapshot], object]
CREDENTIALS = [("users", "users.json", load_users), ("secret", "secret.txt", load_signing_keys)]


def rejection(path: Path, load: Load) -> str:
    """Return the message of the error for the folder's artifact."""
    with pytest.raises(ArtifactError) as raised:
        load(config.load(str(path)), Snapshot())
    return str(raised.value)


@pytest.mark.parametrize(("key", "file", "load"), CREDENTIALS)
def test_missing_credentials_are_named(path: Path, key: str, file: str, load: Load) -> None:
    (path.parent / file).unlink()

    assert rejection(path, load) == f"{key}: {path.parent / file}: not found"


@pytest.mark.parametrize(("key", "file", "load"), CREDENTIALS)
def test_credentials_larger_than_a_mebibyte_are_rejected(path: Path, key: str, file: str, load: Load) -> None:
    (path.parent / file).write_bytes((path.parent / file).read_bytes().ljust(2**20, b"\n"))
    assert load(config.load(str(path)), Snapshot())

    with (path.parent / file).open("ab") as stream:
        stream.write(b"\n")

    assert rejection(path, load) == f"{key}: {path.parent / file}: larger than 1048576 bytes"


def test_users_that_are_no_json_are_rejected(path: Path) -> None:
    (path.parent / "users.json").write_text("{")

    message = rejection(path, load_users)

    assert message.startswith(f"users: {path.parent}/users.json: not JSON")


def test_key_shorter_than_32_bytes_is_rejected(path: Path) -> None:
    (path.parent / "secret.txt").write_text("short")

    assert "shorter than 32 bytes" in rejection(path, load_signing_keys)


def test_folder_in_place_of_users_is_rejected(published_folder: WriteFolder, tmp_path: Path) -> None:
    assert rejection(published_folder(users=str(tmp_path)), load_users).endswith("is a folder, not a file")


def test_credentials_are_empty_without_a_path() -> None:
    settings = Config("model.pkl", "", "")

    assert load_users(settings, Snapshot()) == {}
    assert load_signing_keys(settings, Snapshot()) == ()


def test_plaintext_passwords_are_logged_without_the_password(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = config.load(str(path))

    log_warnings(settings, load_artifacts(settings))

    (warning,) = messages_of(caplog, bundle.log)
    assert warning == (
        f"users: {path.parent}/users.json: 1 password(s) in plain text; hash them with `ml-census user add`"
    )
