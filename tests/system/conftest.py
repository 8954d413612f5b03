"""Fixtures of tests against a real server process."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from conftest import find_tool
from support.fake_gcs import bucket
from support.live_server import launched, server, start

__all__ = ["bucket", "launched", "server", "start"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield a headless browser."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=find_tool("find-chromium"), args=["--no-sandbox"])
        yield running
        running.close()
