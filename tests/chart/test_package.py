"""The package that ci/chart makes."""

import os
import re
import subprocess
import tarfile

import pytest
import yaml


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


def test_changes(package):
    """Artifact Hub is told what CHANGELOG.md says of the latest version."""
    chart = yaml.safe_load(subprocess.check_output(["tar", "-xOzf", package, "ml-census/Chart.yaml"]))
    changes = yaml.safe_load(chart["annotations"]["artifacthub.io/changes"])

    assert {each["kind"] for each in changes} <= {"added", "changed", "deprecated", "removed", "fixed", "security"}
    assert any(each["description"].startswith("The chart exposes the Service") for each in changes)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """An OCI registry, as HOST:PORT."""
    folder = tmp_path_factory.mktemp("registry")
    module = "github.com/google/go-containerregistry/cmd/registry@v0.22.1"
    subprocess.run(["go", "install", module], env=os.environ | {"GOBIN": str(folder)}, cwd=folder, check=True)
    with subprocess.Popen([folder / "registry", "-port", "0"], stderr=subprocess.PIPE, text=True) as process:
        port = re.search(r"serving on port (\d+)", process.stderr.readline())[1]
        yield f"localhost:{port}"
        process.terminate()


@pytest.fixture(scope="module")
def keyring(tmp_path_factory):
    """A key pair of "census", as gpg keeps it and as Helm wants it: secret.gpg and public.gpg."""
    home = tmp_path_factory.mktemp("gnupg")
    home.chmod(0o700)
    gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"]
    subprocess.run([*gpg, "--quick-generate-key", "census", "rsa2048"], check=True, stderr=subprocess.DEVNULL)
    for option, name in (("--export-secret-keys", "secret.gpg"), ("--export", "public.gpg")):
        (home / name).write_bytes(subprocess.run([*gpg, option], check=True, capture_output=True).stdout)
    yield home
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=True)


def test_signed_and_pushed(chart, tmp_path, registry, keyring):
    """It is pulled from the registry with its provenance, which holds, and does no more when a byte has changed."""
    signing = os.environ | {"SIGN_KEY": "census", "KEYRING": str(keyring / "secret.gpg")}
    where = f"oci://{registry}/charts"
    made = subprocess.run(
        [chart.root / "ci/chart", tmp_path / "made", where, "--plain-http"],
        env=signing,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr

    version = yaml.safe_load((chart.folder / "Chart.yaml").read_text())["version"]
    (tmp_path / "got").mkdir()
    helm = subprocess.check_output([chart.root / "ci/helm", "4"], text=True).strip()
    pull = [helm, "pull", f"{where}/ml-census", "--version", version, "--plain-http", "--prov"]
    subprocess.run([*pull, "--destination", tmp_path / "got"], check=True, capture_output=True)
    got = tmp_path / "got" / f"ml-census-{version}.tgz"

    verify = [helm, "verify", got, "--keyring", keyring / "public.gpg"]
    assert subprocess.run(verify, capture_output=True).returncode == 0
    got.write_bytes(got.read_bytes() + b"\0")
    assert subprocess.run(verify, capture_output=True).returncode != 0
