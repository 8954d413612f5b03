"""The chart as Helm renders it, for the session."""

from collections.abc import Iterator

import pytest

from support.chart_rendering import Batch, Chart


@pytest.fixture(scope="session")
def chart() -> Iterator[Chart]:
    with Batch() as batch:
        yield Chart(batch)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `scenario` for each values file of the chart, and one that takes `major` for both Helms."""
    if "scenario" in metafunc.fixturenames:
        metafunc.parametrize("scenario", Chart.scenarios)
    if "major" in metafunc.fixturenames:
        metafunc.parametrize("major", [3, 4])
