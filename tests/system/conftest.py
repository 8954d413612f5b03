"""Fixtures of tests against a real server process."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from conftest import find_tool, write_published
from support.doc_commands import DOCUMENTS, blocks
from support.docs_environment import DocsEnvironment
from support.fake_gcs import bucket
from support.live_server import Launch, Server, launched, server, start

__all__ = ["bucket", "launched", "server", "start"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield a headless browser."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=find_tool("find-chromium"), args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def named(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server whose model has columns with names."""
    running = launch(write_published(tmp_path_factory.mktemp("named"), "dataframe"))
    yield running
    running.end()


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, launch: Launch) -> Iterator[tuple[DocsEnvironment, str]]:
    """Run the GKE tutorial; yield the environment and the output; then run its last step, which removes everything."""
    docs = DocsEnvironment(tmp_path_factory.mktemp("walked"), launch)
    *there, back = blocks(DOCUMENTS["docs/tutorial/census-on-gke.md"], "sh")
    yield docs, docs.type(*there)
    docs.type(back)
    assert not list((docs.state / "releases").iterdir())
    docs.end()


@pytest.fixture
def docs(walked: tuple[DocsEnvironment, str]) -> DocsEnvironment:
    """Return the environment of the tutorial, with the shell functions of the how-to guides."""
    walked[0].type(*blocks(DOCUMENTS["docs/how-to/README.md"], "sh")[:1])
    return walked[0]
