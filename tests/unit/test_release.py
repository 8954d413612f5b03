"""The workflows and the build script: their commands exist, and the image is for the platform of GKE's nodes."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = {path.stem: yaml.load(path.read_text(), yaml.BaseLoader) for path in (ROOT / ".github/workflows").iterdir()}


def steps(workflow: str) -> list[dict[str, Any]]:
    """Return the steps of all jobs."""
    return [step for job in WORKFLOWS[workflow]["jobs"].values() for step in job["steps"]]


def scripts(workflow: str) -> list[str]:
    """Return the shell scripts of the steps."""
    return [step["run"] for step in steps(workflow) if "run" in step]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_workflow_calls_existing_scripts_and_targets(workflow: str) -> None:
    text = "\n".join(scripts(workflow))
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert [name for name in re.findall(r"(?<![\w/.-])ci/[\w-]+", text) if not os.access(ROOT / name, os.X_OK)] == []
    assert set(re.findall(r"\bmake ([\w-]+)", text)) <= set(targets)


@pytest.mark.slow
@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_workflow_scripts_pass_shellcheck(workflow: str) -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    for script in scripts(workflow):
        done = subprocess.run([shellcheck, "--shell=bash", "-"], input=script, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_workflow_actions_have_a_version(workflow: str) -> None:
    for step in steps(workflow):
        assert "run" in step or re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"])


def test_release_runs_on_tags_and_may_push_and_sign() -> None:
    release = WORKFLOWS["release"]

    assert release["on"] == {"push": {"tags": ["v*"]}}
    assert release["defaults"]["run"]["shell"] == "bash"  # only then a failure before a pipe ends the step
    assert release["permissions"] == {"contents": "read", "packages": "write", "id-token": "write"}


def test_release_pushes_two_architectures_and_signs_each() -> None:
    text = "\n".join(scripts("release"))

    assert "--platform linux/amd64,linux/arm64" in text
    assert text.count("cosign sign --yes") == 2
    for lock in set(re.findall(r"requirements[\w-]*\.lock", text)):
        assert (ROOT / "image" / lock).exists()


def build_arguments(folder: Path, **environment: str) -> list[str]:
    """Run ci/build-image with a docker that writes its arguments to a file, and return the arguments of the build."""
    docker = folder / "docker"
    docker.write_text(f'#!/bin/sh\n[ "$1" != build ] || printf "%s\\n" "$@" > {folder}/arguments\n')
    docker.chmod(0o700)
    variables = {"PATH": f"{folder}:/usr/bin:/bin"} | environment
    subprocess.run([ROOT / "ci/build-image", "census:1"], env=variables, check=True, capture_output=True)
    return (folder / "arguments").read_text().splitlines()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "platform"), [({}, "linux/amd64"), ({"PLATFORM": "linux/arm64"}, "linux/arm64")]
)
def test_image_is_built_for_amd64_unless_platform_is_set(
    tmp_path: Path, environment: dict[str, str], platform: str
) -> None:
    arguments = build_arguments(tmp_path, **environment)

    assert arguments == ["build", "--tag", "census:1", "--platform", platform, "image"]


@pytest.mark.slow
def test_image_is_built_from_bases_given_by_digest(tmp_path: Path) -> None:
    bases = {name: f"registry/{name.lower()}@sha256:{'0' * 64}" for name in ("BASE", "BUILD_BASE")}

    arguments = build_arguments(tmp_path, **bases)

    assert [f"{name}={base}" for name, base in bases.items()] == arguments[6:9:2]


@pytest.mark.slow
def test_builder_gets_no_default_platform() -> None:
    """A builder of one platform, such as that of a test cluster, may not know the option."""
    done = subprocess.run(
        [ROOT / "ci/build-image", "census:1"],
        env={"PATH": "/usr/bin:/bin", "BUILDER": "echo"},
        capture_output=True,
        text=True,
    )

    assert done.stdout == "image census:1\n"
