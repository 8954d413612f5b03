"""`ml-census predict` in this process, with the files of a user."""

from pathlib import Path

from click.testing import CliRunner, Result

from ml_census.cli.main import main

OPTIONS = ("--user-file", "--password-file")
"""Options that take a file, which the folder has under the name of the option."""


def predict(folder: Path, *options: str, url: str = "http://127.0.0.1:1") -> Result:
    """Run the command with the files of user and password in the folder."""
    files = [word for option in OPTIONS for word in (option, str(folder / option))]
    return CliRunner().invoke(main, ["predict", "--url", url, *files, *options])
