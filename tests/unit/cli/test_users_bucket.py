"""Users in a bucket: `ml-census user` edits an object."""

import json

from click.testing import CliRunner

from ml_census.cli.main import main
from support.fake_gcs import Bucket

URI = "gs://models/users.json"


def add(name: str, uri: str) -> tuple[int, str]:
    """Run `ml-census user add` and return its exit code and output."""
    options = ["--users", uri]
    result = CliRunner().invoke(main, ["user", "add", name, *options], input="correct horse battery\n")
    return result.exit_code, result.output


def test_users_are_added_to_a_file_in_a_bucket(bucket: Bucket) -> None:
    assert add("ada", URI) == (0, f"ada can log in from {URI}\n")
    assert add("bob", URI)[0] == 0

    assert set(json.loads(bucket.objects["users.json"])) == {"ada", "bob"}
