"""The limit of open files bounds connections, and never stops the server."""

import socket
from pathlib import Path

import pytest
import requests

from conftest import write_published
from support.live_server import SECONDS, Launch


@pytest.mark.parametrize(("limits", "kept"), [("-n 160", 60), ("-Sn 160", 200)], ids=["hard", "soft"])
def test_idle_connections_beyond_the_limit_of_files_are_evicted(
    tmp_path: Path, launch: Launch, limits: str, kept: int
) -> None:
    """Connect 200 clients. The server raises its soft limit, and keeps as many clients as the hard limit allows."""
    config = write_published(tmp_path, "logistic")
    server = launch(config, prefix=("bash", "-c", f'ulimit {limits}; exec "$@"', "bash"))
    try:
        clients = [socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) for _ in range(200)]

        assert requests.get(f"{server.url}/readyz", timeout=SECONDS).status_code == 200

        assert kept - 1 <= server.metrics()["ml_census_connections",] <= kept + 1
        for client in clients:
            client.close()
    finally:
        server.end()
