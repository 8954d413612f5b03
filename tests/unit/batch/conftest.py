"""A batch run in a folder."""

from pathlib import Path

import pytest

from support.batch_runs import BatchFolder


@pytest.fixture
def batch(tmp_path: Path) -> BatchFolder:
    return BatchFolder(tmp_path)
