"""The command `ml-census predict` against a server whose columns have names."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from support.live_server import Server

NAMES = ["age", "workclass", "education-num", "sex"]


@pytest.fixture(scope="module")
def server(named: Server) -> Server:
    """Return the server in place of the one for the model of the article."""
    return named


class Command:
    """`ml-census predict` in a folder, with the user's password."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "password").write_text("census\n")

    def run(self, url: str, *options: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        known = ["--url", url, "--user", "census", "--password-file", "password"]
        command = [sys.executable, "-m", "ml_census", "predict", *known, *options]
        return subprocess.run(command, cwd=self.folder, input=stdin, capture_output=True, timeout=120)

    def score(self, url: str, text: str | bytes, *options: str, to: str = "out.csv") -> tuple[int, list[str]]:
        """Write the rows to rows.csv, score them, and return the exit code and the lines on stderr."""
        (self.folder / "rows.csv").write_bytes(text.encode() if isinstance(text, str) else text)
        done = self.run(url, "--input", "rows.csv", "--output", to, *options)
        return done.returncode, done.stderr.decode().splitlines()

    def scored(self, delimiter: str = ",") -> list[list[str]]:
        """Return the records of out.csv."""
        with (self.folder / "out.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.reader(file, delimiter=delimiter))


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)
