"""`ml-census generate-key`: a valid key each time, in a file that only its owner reads."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ml_census import auth
from ml_census.cli.main import main

pytestmark = pytest.mark.usefixtures("open_umask")


def generate(*options: str) -> Result:
    return CliRunner().invoke(main, ["generate-key", *options])


def test_printed_key_is_valid_and_new_each_time() -> None:
    first, second = generate().output, generate().output

    assert first != second
    assert auth.parse_keys(first.encode()) == auth.parse_keys(first.strip().encode())


def test_key_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"

    done = generate("--output", str(path))

    assert (done.exit_code, done.output) == (0, f"a new key is in {path}\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(auth.parse_keys(path.read_bytes())) == 1


def test_existing_key_file_is_not_replaced(tmp_path: Path) -> None:
    """Try the file and a link to it."""
    path, link = tmp_path / "secret.txt", tmp_path / "link"
    path.write_text("the key of a running server")
    link.symlink_to(path)

    for output in (path, link):
        done = generate("--output", str(output))
        assert (done.exit_code, f"{output}: exists" in done.output) == (1, True)
    assert path.read_text() == "the key of a running server"


def test_key_file_in_a_missing_folder_fails_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "secret.txt"

    assert generate("--output", str(path)).output == f"ml-census: {path}: No such file or directory\n"
