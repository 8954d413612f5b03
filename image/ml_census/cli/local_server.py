"""`ml-census serve --model`: a server without config.yaml and login, on a loopback address."""

import os
import sys
import threading
import webbrowser
from typing import TYPE_CHECKING

import click

from ml_census.cli.ending import fail
from ml_census.cli.example_calls import example_calls

if TYPE_CHECKING:
    from ml_census.artifacts.bundle import Artifacts
    from ml_census.config import Config


def local_settings(model: str, trusted: tuple[str, ...], host: str) -> "Config":
    """Return the configuration for a model without config.yaml. Exit if `host` is no loopback address.

    Raises ArtifactError if a trusted name is not permitted, or if the folder of the
    model cannot be read.
    """
    from ml_census.api.credentials import is_loopback
    from ml_census.models.location import local_config

    if not is_loopback(host):
        fail(f"--host {host}: must be a loopback address such as 127.0.0.1, since --model has no login")
    return local_config(model, trusted)


def announce(artifacts: "Artifacts", url: str, opens_page: bool) -> None:
    """Print the URL of the page, and three calls with a row that the model predicts. Open the page in a browser.

    This function opens no browser without `opens_page`, a terminal and a display.
    """
    from ml_census.models.checking.trial_row import find_trial_row

    click.echo(f"\nThe page of the model: {url}/  (no login, this machine only; Ctrl-C ends the server)\n")
    if trial := find_trial_row(artifacts.predictor):
        for name, call in example_calls(url, trial.row).items():
            click.echo(f"{'//' if name == 'JavaScript' else '#'} {name}\n{call}\n")
    else:
        click.echo(f"No example row is known that the model predicts. Its columns: {url}/schema\n")
    if opens_page and sys.stdout.isatty() and has_display():
        threading.Thread(target=webbrowser.open, args=(f"{url}/",), daemon=True).start()


def has_display() -> bool:
    """Return whether a browser can show a window: always on macOS, elsewhere with an X11 or Wayland display."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
