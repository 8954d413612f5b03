"""Try a pickled model out in a process of its own: one that crashes, hangs or eats the memory does not take the server.

The parent writes what it has read of the model into a folder, and neither users nor keys; the child loads it as a
server would, and leaves there what became of it: the compiled form if it was proved equal, so that the parent need not
unpickle anything.
"""

import contextlib
import dataclasses
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from io import BufferedReader
from pathlib import Path
from signal import Signals
from typing import Any

from ml_census.artifacts import bundle
from ml_census.config import Config
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.runtime import serialization
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.errors import ArtifactError
from ml_census.models.model import SandboxResult
from ml_census.schema import schema_to_json
from ml_census.storage import snapshot
from ml_census.storage.snapshot import Snapshot

PREFIX = "trial-"
SECONDS = 120
"""A large forest is compiled and proved as well, by a process that steps back behind all requests."""
TAIL_BYTES = 4096
"""So much of what the child writes to stderr is kept."""
SPARE_BYTES = 32 * 1024**2
"""Left to the server when the child is given what the container has."""
GROUPS = (
    ("/sys/fs/cgroup", "memory.max", "memory.current", ""),
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
)
"""Control groups version 2, and version 1: a folder, in it the limit and use of memory, and how the lines of its
memory.stat begin that count what is below it, too."""


def run_in_sandbox(config: Config, read: Snapshot) -> SandboxResult:
    """What became of the model that was read. Raises ArtifactError."""
    try:
        return _tried_in_scratch(config, read)
    except OSError as error:  # no space, no process, no open files left
        reason = f"cannot be tried out now: {error.strerror or error}"
        raise ArtifactError("model_path", config.model_path, reason, is_transient=True) from error


def remove_stale_scratch(folder: Path) -> None:
    """Of trials whose server was killed: each holds a copy of the model."""
    for leftover in folder.glob(f"{PREFIX}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _tried_in_scratch(config: Config, read: Snapshot) -> SandboxResult:
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=config.cache_path) as scratch:
        folder = Path(scratch) / "trial"
        read.save(folder)
        (folder / "config.json").write_text(json.dumps(dataclasses.asdict(config)))
        command = [sys.executable, "-m", "ml_census", "sandbox", str(folder)]
        try:
            code, said = _ran(command)
        except subprocess.TimeoutExpired as error:
            reason = f"had not loaded and predicted after {SECONDS} s"
            raise ArtifactError("model_path", config.model_path, reason, is_transient=True) from error
        outcome = folder / "outcome.json"
        if code or not outcome.exists():
            reason = f"ended the process that tried it: {_exit_reason(code, said)}"
            is_transient = code in (-Signals.SIGKILL, os.EX_TEMPFAIL)  # the kernel's when memory runs out; ours
            raise ArtifactError("model_path", config.model_path, reason, is_transient=is_transient)
        return _read(json.loads(outcome.read_text()), folder)


def _ran(command: list[str]) -> tuple[int, bytes]:
    """Run the child; return its exit code and the end of its stderr. Raises OSError, TimeoutExpired."""
    tail = bytearray()

    def listen(stderr: BufferedReader) -> None:
        with stderr:
            while chunk := stderr.read1(TAIL_BYTES):
                tail.extend(chunk)
                del tail[:-TAIL_BYTES]

    # this very interpreter and program; a session of its own, so that what the child starts ends with it
    child = subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    listener = threading.Thread(target=listen, args=(child.stderr,), name="trial stderr", daemon=True)
    listener.start()
    try:
        code = child.wait(SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, Signals.SIGKILL)
        child.wait()
        listener.join(1)  # a process that has left the session could keep the pipe open
    return code, bytes(tail)


def run(folder: Path) -> None:
    """The child: load what is in the folder, and write the outcome there."""
    os.nice(10)  # the server's requests go first
    if (room := _available_memory()) is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (room, room))
    values = json.loads((folder / "config.json").read_text())
    config = Config(**values | {"trusted_globals": tuple(values["trusted_globals"])})
    try:
        model = bundle.load_model(config, snapshot.read_cache(folder))["model"]
    except ArtifactError as error:
        outcome: dict[str, Any] = {"error": [error.key, error.uri, error.reason], "is_transient": error.is_transient}
    except MemoryError:
        reason = "not enough memory to try it out (MemoryError)"
        outcome = {"error": ["model_path", config.model_path, reason], "is_transient": True}
    else:
        outcome = {"engine": model.engine.to_json()}
        outcome |= {name: getattr(model, name) for name in ("sklearn_version", "trained_with_sklearn", "warnings")}
        if isinstance(model.predictor, CompiledPredictor):
            outcome["schema"] = json.dumps(schema_to_json(model.predictor.schema))
            (folder / "compiled.npz").write_bytes(serialization.to_bytes(model.predictor))
    (folder / "outcome.json").write_text(json.dumps(outcome))


def _read(outcome: dict[str, Any], folder: Path) -> SandboxResult:
    if "error" in outcome:
        raise ArtifactError(*outcome["error"], is_transient=outcome["is_transient"])
    data = (folder / "compiled.npz").read_bytes() if "schema" in outcome else None
    schema = outcome.get("schema", "").encode()
    return SandboxResult(
        data,
        schema,
        EngineInfo(**outcome["engine"]),
        outcome["sklearn_version"],
        outcome["trained_with_sklearn"],
        outcome["warnings"],
    )


def _exit_reason(code: int, said: bytes) -> str:
    if code == -Signals.SIGKILL:
        return "signal SIGKILL, as when memory runs out"
    if code < 0:
        return f"signal {Signals(-code).name}"
    last = said.decode(errors="replace").strip().rpartition("\n")[2][:200]
    return f"exit code {code}" + (f", {last}" if last else "")


def _available_memory() -> int | None:
    """Bytes that the container has left, or None where there is no limit."""
    for folder, limit, use, total in GROUPS:
        try:
            most, used, lines = (Path(folder, name).read_text() for name in (limit, use, "memory.stat"))
        except OSError:
            continue
        if most.strip() == "max":
            return None
        # Files that were read or written, as the model was, count as used until something else wants the memory.
        counts = dict(line.split() for line in lines.splitlines())
        files = sum(int(counts[f"{total}{kind}_file"]) for kind in ("active", "inactive"))
        return max(int(most) - int(used) + files - SPARE_BYTES, SPARE_BYTES)
    return None
