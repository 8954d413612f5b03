"""The wheel that pip builds and installs from image/."""

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT
from support.live_server import SECONDS


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources without a compiled library, with the packages of this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "image", folder / "image", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation", "./image"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_has_the_compiled_library(wheel: Path) -> None:
    """Without the library, scikit-learn would predict in place of compiled trees."""
    names = zipfile.ZipFile(wheel).namelist()

    assert "ml_census/engine/runtime/libkernel.so" in names


def test_wheel_is_for_this_platform_only(wheel: Path) -> None:
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")

    assert wheel.name.endswith(f"-py3-none-{platform}.whl")


def test_wheel_installs_a_command_that_starts(wheel: Path, tmp_path: Path) -> None:
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", str(tmp_path), str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=SECONDS)

    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import ml_census; print(ml_census.__file__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=SECONDS)

    assert done.stdout.startswith(str(tmp_path))
