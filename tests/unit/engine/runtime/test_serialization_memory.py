"""A small file that expands to more than the limit is rejected before the memory is taken."""

import io
import json
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest

from support.compiled_files import TREES, parts_of

READ_WITH_LIMITED_MEMORY = """
import resource, sys, zipfile, io
from ml_census.engine.runtime.serialization import CompiledError, from_bytes
from ml_census.schema import Column, Schema

data = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
resource.setrlimit(resource.RLIMIT_AS, (2 * 1024**3, 2 * 1024**3))
try:
    from_bytes(data, Schema((Column("a", "number"),), "numbers"))
except CompiledError:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def bomb(member: str, megabytes: int) -> bytes:
    """Return a valid file, except for one member of very many zeros."""

    def deflated(data: bytes) -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)

    document, arrays = parts_of(TREES)
    members = {f"{key}.npy": npy(value) for key, value in arrays.items()}
    members["document.npy"] = npy(np.frombuffer(json.dumps(document).encode(), dtype=np.uint8))
    file, name = io.BytesIO(), f"{member}.npy"
    shape = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({megabytes * 2**20},), }}".ljust(117) + "\n"
    start = b"\x93NUMPY\x01\x00" + len(shape).to_bytes(2, "little") + shape.encode()
    with zipfile.ZipFile(file, "w") as archive:
        for other in members.keys() - {name}:
            archive.writestr(other, members[other])
        archive.writestr(name, deflated(start) + deflated(bytes(2**20)) * megabytes + zlib.compress(b"", 9, -15))
        archive.filelist[-1].compress_type = zipfile.ZIP_DEFLATED
        archive.filelist[-1].file_size = len(start) + megabytes * 2**20
    return file.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("member", ["base", "document", "not a known name"])
def test_small_file_that_expands_to_3_gb_is_rejected(member: str) -> None:
    data = bomb(member, 3 * 1024)
    assert len(data) < 5 * 1024**2

    done = subprocess.run([sys.executable, "-c", READ_WITH_LIMITED_MEMORY], input=data, capture_output=True)

    assert done.returncode == 0, done.stderr.decode()[-500:]
    assert int(done.stdout) < 64, f"{int(done.stdout)} MB were taken"
