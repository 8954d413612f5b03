"""Names that mark no data are hidden."""

import pytest

from ml_census.storage.stored_file import is_hidden


@pytest.mark.parametrize(
    ("path", "hidden"), [("a.parquet", False), ("_SUCCESS", True), (".tmp", True), ("_tmp/a", True), ("a/b_c", False)]
)
def test_name_with_underscore_or_point_first_is_hidden(path: str, hidden: bool) -> None:
    assert is_hidden(path) is hidden
