"""The child process has a memory limit, and writes its result or the error."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import WriteFolder
from ml_census import config
from ml_census.errors import ArtifactError
from ml_census.models.sandbox.result import read_result
from ml_census.storage.snapshot import Snapshot
from support.control_groups import write_control_group
from support.harmful_pickles import EVALUATE, evaluating

LIMITED = """
import sys
from pathlib import Path
from ml_census.models.sandbox import child, container_memory

container_memory.CGROUPS = [container_memory.ControlGroup(*sys.argv[2:])]
child.check_model(Path(sys.argv[1]))
"""


@pytest.mark.slow
def test_pickle_larger_than_the_available_memory_is_rejected(folder: WriteFolder, tmp_path: Path) -> None:
    """The limit applies before the kernel would kill the server. The pickle allocates 16 MiB first, which fit."""
    path, fits = folder("logistic", trusted_globals=[EVALUATE]), tmp_path / "fits"
    harm = f"[bytearray(2**24), os.mkdir({str(fits)!r}), bytearray(2**29)]"
    (path.parent / "model.pkl").write_bytes(evaluating(harm))
    settings, files, scratch = config.load(str(path)), Snapshot(), tmp_path / "scratch"
    files.read(settings.model_path, 2**30)
    files.save(scratch)
    (scratch / "config.json").write_text(json.dumps(dataclasses.asdict(settings)))
    group = write_control_group(tmp_path, str(2**30), 2**29)

    subprocess.run([sys.executable, "-c", LIMITED, str(scratch), *group], check=True)

    with pytest.raises(ArtifactError, match="MemoryError") as raised:
        read_result(scratch)
    assert raised.value.is_transient
    assert fits.exists()
