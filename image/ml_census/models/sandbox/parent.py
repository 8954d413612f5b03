"""Check a pickled model in a child process, so that a crash, hang or lack of memory does not end the server.

The server writes the files of the model to a temporary folder. The files of users and
signing keys are not in this folder. The child process loads and checks the model, and
writes a SandboxResult to the folder. If the model compiles, the server loads the
compiled form, and never unpickles the model.
"""

import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from io import BufferedReader
from pathlib import Path
from signal import Signals

from ml_census.config import Config
from ml_census.errors import ArtifactError
from ml_census.models.sandbox.result import SandboxResult, has_result, read_result
from ml_census.storage.snapshot import Snapshot

PREFIX = "sandbox-"
CONFIG = "config.json"
TIMEOUT_SECONDS = 120
"""Maximum time of a check, in which the child process also compiles and verifies the
model at low CPU priority."""
MAX_STDERR_BYTES = 4096
"""Maximum number of bytes that the server keeps from the end of the stderr of the child
process (4096)."""


def run_in_sandbox(config: Config, files: Snapshot) -> SandboxResult:
    """Check the pickled model of the configuration in a child process, and return the result.

    `files` must already contain all files of the model. Raises ArtifactError if the
    model fails a check, if the child process crashes or exceeds TIMEOUT_SECONDS, or if
    memory or disk space is short.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=config.cache_path) as scratch:
            folder = Path(scratch) / "model"
            files.save(folder)
            (folder / CONFIG).write_text(json.dumps(dataclasses.asdict(config)))
            return _check(config, folder)
    except OSError as error:  # such as a full disk, or no free file descriptors
        reason = f"model check could not run: {error.strerror or error}"
        raise ArtifactError("model_path", config.model_path, reason, is_transient=True) from error


def remove_stale_scratch(folder: Path) -> None:
    """Remove the temporary folders that checks of a killed server have left in `folder` (`cache_path`)."""
    for leftover in folder.glob(f"{PREFIX}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _check(config: Config, folder: Path) -> SandboxResult:
    """Run the child process and return its result. Raises ArtifactError, OSError."""
    try:
        code, stderr = _run([sys.executable, "-m", "ml_census", "sandbox", str(folder)])
    except subprocess.TimeoutExpired as error:
        timeout = f"model check timed out after {TIMEOUT_SECONDS} s"
        raise ArtifactError("model_path", config.model_path, timeout, is_transient=True) from error
    if code or not has_result(folder):
        reason = f"model check failed: sandbox process {_exit_reason(code, stderr)}"
        # If memory is short, the kernel sends SIGKILL. The child exits with EX_TEMPFAIL
        # after an OSError.
        is_transient = code in (-Signals.SIGKILL, os.EX_TEMPFAIL)
        raise ArtifactError("model_path", config.model_path, reason, is_transient=is_transient)
    return read_result(folder)


def _run(command: list[str]) -> tuple[int, bytes]:
    """Run the child process. Return its exit code and the end of its stderr. Raises OSError, TimeoutExpired."""
    tail = bytearray()
    child = _start_session(command)
    reader = threading.Thread(target=_read_tail, args=(child.stderr, tail), name="sandbox stderr", daemon=True)
    reader.start()
    try:
        code = child.wait(TIMEOUT_SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, Signals.SIGKILL)
        child.wait()
        reader.join(1)  # a process that has left the session could keep the pipe open
    return code, bytes(tail)


def _start_session(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a process in a new session and group, so that killpg also ends all processes that it has started."""
    return subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def _read_tail(stream: BufferedReader, tail: bytearray) -> None:
    with stream:
        while chunk := stream.read1(MAX_STDERR_BYTES):
            tail.extend(chunk)
            del tail[:-MAX_STDERR_BYTES]


def _exit_reason(code: int, stderr: bytes) -> str:
    if code == -Signals.SIGKILL:
        return "was killed by SIGKILL (out of memory?)"
    if code < 0:
        return f"was killed by {Signals(-code).name}"
    last = stderr.decode(errors="replace").strip().rpartition("\n")[2][:200]
    return f"exited with code {code}" + (f": {last}" if last else "")
