"""Build backend (PEP 517): flit_core, with the C library of the kernels in the wheel.

build-kernel.sh compiles the library. Without the library, scikit-learn would predict in place of compiled trees.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from flit_core import buildapi

FOLDER = Path(__file__).parent

build_sdist = buildapi.build_sdist
prepare_metadata_for_build_wheel = buildapi.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = buildapi.prepare_metadata_for_build_editable


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    """Compile the library and build a wheel for this platform. Return the file name of the wheel."""
    _compile_library()
    name = buildapi.build_wheel(wheel_directory, config_settings, metadata_directory)
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    command = [sys.executable, "-m", "wheel", "tags", "--remove", "--platform-tag", platform, name]
    done = subprocess.run(command, cwd=wheel_directory, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def build_editable(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    """Compile the library beside the sources, and build a wheel that refers to the sources."""
    _compile_library()
    name: str = buildapi.build_editable(wheel_directory, config_settings, metadata_directory)
    return name


def _compile_library() -> None:
    subprocess.run(["sh", FOLDER / "build-kernel.sh"], check=True, env=os.environ | {"PYTHON": sys.executable})
