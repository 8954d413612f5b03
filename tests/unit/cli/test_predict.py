"""`ml-census predict`: errors in one line before any response. Whole runs are in system/test_predict.py."""

from pathlib import Path

import pytest

from support.predict_options import OPTIONS, predict


@pytest.mark.parametrize("url", ["ftp://x", "http://127.0.0.1:1", "http://x/y z", "http://[::1"])
def test_unusable_url_fails_with_its_reason(folder: Path, url: str) -> None:
    result = predict(folder, "--row", "[1]", url=url)

    assert result.exit_code == 1
    assert result.output.startswith(f"ml-census: {url}: ")
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("option", OPTIONS)
def test_credentials_that_are_not_utf8_fail_with_their_file(folder: Path, option: str) -> None:
    (folder / option).write_bytes(b"x\xff\n")

    result = predict(folder, "--row", "[1]")

    assert (result.exit_code, result.output) == (1, f"ml-census: {folder / option}: not UTF-8 text\n")


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--row", "[1]", "--input", "-", "--output", "-"],
        ["--input", "-"],
        ["--row", "[1]", "--output", "-"],
        ["--row", "[1]", "--example"],
    ],
    ids=["neither", "both", "input alone", "row with output", "row and example"],
)
def test_row_and_input_exclude_each_other(folder: Path, options: list[str]) -> None:
    result = predict(folder, *options)

    assert (result.exit_code, result.output) == (1, "ml-census: needs --row, --example, or --input and --output\n")
