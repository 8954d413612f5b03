"""The memory limit of the child is the memory that the container has left."""

import re
from pathlib import Path

import pytest

from ml_census.models.sandbox import container_memory
from ml_census.models.sandbox.container_memory import ControlGroup
from support.control_groups import write_control_group


@pytest.mark.parametrize(
    ("limit", "used", "files", "expected"),
    [
        ("max", 5, 0, None),
        (str(2**30), 2**29, 0, 2**29 - 2**25),
        (str(2**30), 2**30, 2**29, 2**29 - 2**25),
        (str(2**30), 2**30, 0, 2**25),
    ],
)
def test_available_memory_includes_cached_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, used: int, files: int, expected: int | None
) -> None:
    """The kernel frees cached files, such as a model that was just written, when a process needs memory."""
    missing = ControlGroup(str(tmp_path / "none"), "max", "current", "")
    groups = missing, write_control_group(tmp_path, limit, used, files)
    monkeypatch.setattr(container_memory, "CGROUPS", groups)

    assert container_memory.available_memory() == expected


def test_control_groups_of_this_machine_have_the_files() -> None:
    for group in container_memory.CGROUPS:
        if Path(group.folder, group.limit).exists():
            assert Path(group.folder, group.usage).exists()
            lines = Path(group.folder, "memory.stat").read_text()
            assert len(re.findall(rf"^{group.prefix}(?:in)?active_file [0-9]+$", lines, re.MULTILINE)) == 2
