"""The checks of `ml-census serve --model` before the model loads."""

import pytest
from click.testing import CliRunner

from ml_census.cli.local_server import has_display, local_settings
from ml_census.cli.main import main


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_host_of_another_kind_is_rejected_in_one_line(host: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--model", "nowhere.pkl", "--host", host])

    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert line.startswith(f"ml-census: --host {host}: must be a loopback address such as 127.0.0.1")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_loopback_host_is_accepted(host: str) -> None:
    assert local_settings("nowhere.pkl", (), host).model_path == "nowhere.pkl"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("DISPLAY", ":0", True), ("DISPLAY", "", False), ("WAYLAND_DISPLAY", "wayland-0", True)],
)
def test_display_is_that_of_x11_or_wayland(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: bool
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for each in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(name, value)

    assert has_display() is expected
