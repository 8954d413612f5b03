"""`ml-census predict` without --password-file."""

import json
import subprocess
import sys

from support.live_server import SECONDS, Server
from support.predict_command import server

__all__ = ["server"]


def test_password_is_read_from_a_pipe_without_a_warning(server: Server) -> None:
    row = json.dumps(["39", "Private", "13", "Male"])
    command = [sys.executable, "-m", "ml_census", "predict", "--url", server.url, "--user", "census", "--row", row]

    done = subprocess.run(command, input="census\n", capture_output=True, text=True, timeout=SECONDS)

    assert (done.returncode, done.stderr) == (0, "")
