"""Lines about the progress of a process."""

import json
import time

import pytest

from ml_census.batch.progress import SECONDS, Progress


def test_line_has_rate_and_time_left() -> None:
    progress = Progress(4, 2000)
    progress.add_rows(500)

    assert progress.line(5.0) == "0 of 4 parts, 500 of 2000 rows, 100 rows/s, 15 s left"


def test_line_without_known_rows_has_no_time_left() -> None:
    progress = Progress(4, None)
    progress.add_rows(500)

    assert progress.line(5.0) == "0 of 4 parts, 500 rows, 100 rows/s"


def test_line_is_shown_every_few_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    progress, now = Progress(1, 1), time.monotonic()

    for seconds in (1, SECONDS + 1, SECONDS + 2, 2 * SECONDS + 1):
        progress.show(now + seconds)

    assert len(capsys.readouterr().err.splitlines()) == 2


def test_finished_part_is_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(2, None)
    progress.finish_part({"part": 7})

    assert json.loads(capsys.readouterr().out) == {"event": "part", "part": 7}
    assert progress.line(1).startswith("1 of 2 parts")
