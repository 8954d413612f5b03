"""The steps of a command are on stderr."""

import pytest

from ml_census.training.progress import console, progress


def test_step_is_printed_with_its_duration(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("fitting"):
        console.print("half")

    first, half, last = capsys.readouterr().err.splitlines()
    assert (first, half) == ("fitting …", "half")
    assert last.startswith("fitting: ") and last.endswith(" s")
