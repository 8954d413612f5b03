"""The package that ci/chart makes."""

import subprocess
import tarfile

import pytest


@pytest.fixture(scope="module")
def package(chart, tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    done = subprocess.run([chart.root / "ci/chart", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_contents(chart, package):
    """The package has everything of the chart but the files for CI."""
    files = {each.relative_to(chart.folder) for each in chart.folder.rglob("*") if each.is_file()}
    expected = {f"ml-census/{each}" for each in files if each.parts[0] != "ci"}

    with tarfile.open(package) as archive:
        names = set(archive.getnames())

    assert "ml-census/values.schema.json" in names
    assert names == expected
