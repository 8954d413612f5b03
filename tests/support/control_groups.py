"""The files of a control group, as the kernel shows them."""

from pathlib import Path

from ml_census.models.sandbox.container_memory import ControlGroup


def write_control_group(folder: Path, limit: str, used: int, files: int = 4096) -> ControlGroup:
    """Write limit, usage and memory.stat; `files` is the number of bytes of cached files."""
    (folder / "max").write_text(f"{limit}\n")
    (folder / "current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 1\ninactive_file {files - 4096}\nactive_file 4096\n")
    return ControlGroup(str(folder), "max", "current", "")
