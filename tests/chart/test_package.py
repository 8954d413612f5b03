"""The package that ci/package-chart lints, makes, signs and pushes."""

import os
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import ml_census
from ml_census.config import RENAMED_KEYS
from support.chart_rendering import Chart, find

HELM = ("ci/find-helm", "--find", "4")
REPOSITORY = "ghcr.io/someone/ml-census"
DIGEST = f"sha256:{'0' * 64}"
SOURCE = "https://github.com/someone/ml-census"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start an OCI registry and yield its HOST:PORT."""
    program = find("ci/find-tool", "--find", "registry")
    with subprocess.Popen([program, "-port", "0"], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        port = re.search(r"serving on port (\d+)", process.stderr.readline())
        assert port
        yield f"localhost:{port[1]}"
        process.terminate()


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make a key pair of "census" with gpg, and yield the folder of secret.gpg and public.gpg in Helm's format."""
    home = tmp_path_factory.mktemp("gnupg")
    home.chmod(0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"]
    subprocess.run([*gpg, "--quick-generate-key", "census", "rsa2048"], check=True, stderr=subprocess.DEVNULL)
    for option, name in (("--export-secret-keys", "secret.gpg"), ("--export", "public.gpg")):
        (home / name).write_bytes(subprocess.run([*gpg, option], check=True, capture_output=True).stdout)
    yield home
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)


@pytest.fixture(scope="module")
def package(chart: Chart, registry: str, keyring: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run ci/package-chart with a key and a registry, and return the path of the package that it prints.

    It lints the chart with every values file and both majors of Helm first, and fails if one has a warning.
    """
    for major in ("3", "4"):
        find("ci/find-helm", "--find", major)
    signing = os.environ | {"SIGN_KEY": "census", "KEYRING": str(keyring / "secret.gpg")}
    signing |= {"IMAGE": f"{REPOSITORY}@{DIGEST}", "SOURCE": SOURCE}
    folder = tmp_path_factory.mktemp("package")
    command = [str(chart.root / "ci/package-chart"), str(folder), f"oci://{registry}/charts", "--plain-http"]
    done = subprocess.run(command, env=signing, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def packaged(package: Path, name: str) -> dict[str, Any]:
    """Return a YAML file of a package."""
    with tarfile.open(package) as archive:
        file = archive.extractfile(f"ml-census/{name}")
        assert file
        content: dict[str, Any] = yaml.safe_load(file.read())
    return content


def test_package_has_the_chart_without_files_of_ci(chart: Chart, package: Path) -> None:
    files = {each.relative_to(chart.folder) for each in chart.folder.rglob("*") if each.is_file()}
    expected = {f"ml-census/{each}" for each in files if each.parts[0] != "ci"}

    with tarfile.open(package) as archive:
        names = set(archive.getnames())

    assert "ml-census/values.schema.json" in names
    assert names == expected


def test_package_has_changes_of_the_latest_version(package: Path) -> None:
    """Artifact Hub reads the entries of CHANGELOG.md for the latest version from an annotation."""
    changes = yaml.safe_load(packaged(package, "Chart.yaml")["annotations"]["artifacthub.io/changes"])

    assert {each["kind"] for each in changes} <= {"added", "changed", "deprecated", "removed", "fixed", "security"}
    assert any(each["description"].startswith("The chart exposes the Service") for each in changes)


def test_package_of_a_release_names_its_image_and_source(chart: Chart, package: Path) -> None:
    """The other default values are those of the chart."""
    values, ours = packaged(package, "values.yaml"), yaml.safe_load((chart.folder / "values.yaml").read_text())
    metadata = packaged(package, "Chart.yaml")

    assert values == ours | {"image": ours["image"] | {"repository": REPOSITORY, "digest": DIGEST}}
    assert (metadata["home"], metadata["sources"]) == (SOURCE, [SOURCE])
    assert yaml.safe_load(metadata["annotations"]["artifacthub.io/images"])[0]["image"] == f"{REPOSITORY}@{DIGEST}"


def test_pulled_package_verifies_until_a_byte_changes(
    chart: Chart, tmp_path: Path, registry: str, keyring: Path, package: Path
) -> None:
    """The registry serves the package with its provenance, which covers every byte."""
    version = yaml.safe_load((chart.folder / "Chart.yaml").read_text())["version"]
    pull = [find(*HELM), "pull", f"oci://{registry}/charts/ml-census", "--version", version, "--plain-http", "--prov"]
    subprocess.run([*pull, "--destination", str(tmp_path)], check=True, capture_output=True)
    pulled = tmp_path / f"ml-census-{version}.tgz"

    verify = [find(*HELM), "verify", str(pulled), "--keyring", str(keyring / "public.gpg")]
    assert subprocess.run(verify, capture_output=True).returncode == 0
    pulled.write_bytes(pulled.read_bytes() + b"\0")
    assert subprocess.run(verify, capture_output=True).returncode != 0


def previous(chart: Chart, name: str) -> dict[str, Any]:
    """Return a YAML file of the chart that was released before this one."""
    (package,) = (chart.root / "tests/e2e/previous").glob("*.tgz")
    return packaged(package, name)


def test_chart_image_package_and_changelog_have_one_version(chart: Chart) -> None:
    """The newest section of CHANGELOG.md is that version, and the previous chart's version has a section too."""
    ours = yaml.safe_load((chart.folder / "Chart.yaml").read_text())
    sections = re.findall(r"^## \[([\d.]+)\]", (chart.root / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert ours["version"] == ours["appVersion"] == ml_census.__version__ == sections[0]
    assert yaml.safe_load(ours["annotations"]["artifacthub.io/images"])[0]["image"] == f"ml-census:{sections[0]}"
    assert previous(chart, "Chart.yaml")["version"] in sections


def test_image_version_of_the_previous_chart_is_not_used_again(chart: Chart) -> None:
    """A node that has that image would start it with configuration keys that it does not know."""
    ours = yaml.safe_load((chart.folder / "Chart.yaml").read_text())

    assert ours["appVersion"] != previous(chart, "Chart.yaml")["appVersion"]


def test_new_configuration_keys_are_optional(chart: Chart) -> None:
    """`helm upgrade --reuse-values` keeps the defaults of the previous chart, which has no new key."""
    ours = yaml.safe_load((chart.folder / "values.yaml").read_text())["config"]
    new = ours.keys() - previous(chart, "values.yaml")["config"].keys() - set(RENAMED_KEYS.values())

    config = yaml.safe_load(chart.config({"config": dict.fromkeys(new)}))

    defaults = yaml.safe_load(chart.config({}))
    assert new
    assert {key: value for key, value in config.items() if value != defaults[key]} == {}
