"""The demo of the README: `ci/serve` in a new folder trains a model, serves it, and prints commands that work."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from support.live_server import SECONDS


@pytest.fixture
def printed(tmp_path: Path) -> Iterator[str]:
    """Start the demo with the environment of this checkout. Yield what it prints until it serves."""
    for name in ("ci", "image", ".venv"):
        (tmp_path / name).symlink_to(ROOT / name)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        environment = os.environ | {"PORT": str(unused.getsockname()[1])}
    command = [tmp_path / "ci" / "serve"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line)
            if " serves model " in line:
                break
        yield "".join(lines)
        process.terminate()


def test_printed_commands_of_the_demo_predict(printed: str) -> None:
    commands = [line for line in printed.splitlines() if line.startswith(("  token=", "  curl "))]

    done = subprocess.run(
        ["bash", "-euc", "\n".join(commands)], capture_output=True, text=True, timeout=SECONDS, check=False
    )

    assert '"predictions": ["Annual Salary ' in done.stdout, printed + done.stderr
    assert '"engine": {"kind": "compiled"' in done.stdout
