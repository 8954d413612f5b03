"""`ml-census serve`: loads the model, users and keys, and answers HTTP requests until SIGTERM."""

import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, NoReturn, TypedDict, Unpack

import click
from click.core import ParameterSource

from ml_census import __version__
from ml_census.cli.ending import fail, fail_on
from ml_census.cli.local_server import announce, local_settings

if TYPE_CHECKING:
    from ml_census.api.scheduling import ScheduledFlask
    from ml_census.api.views.vertex import VertexRoutes
    from ml_census.artifacts.bundle import Artifacts
    from ml_census.artifacts.reloader import ArtifactReloader
    from ml_census.config import Config
    from ml_census.observability.metrics import Metrics

log = logging.getLogger(__name__)


class Options(TypedDict):
    """Values of the options of `ml-census serve`."""

    path: str
    model: str | None
    trusted: tuple[str, ...]
    opens_page: bool
    host: str
    port: int
    metrics_port: int | None
    predict_route: str | None
    health_route: str | None


@click.command(epilog="Example: ml-census serve --config demo/config.yaml --port 5090")
@click.option("--config", "path", default="/configuration/config.yaml", show_default=True,
              envvar="ML_CENSUS_SERVE_CONFIG", show_envvar=True, help="Configuration file.")  # fmt: skip
@click.option("--model", metavar="FILE|FOLDER|gs://…", allow_from_autoenv=False, help="In place of --config: "
              "serve this model without users and login, on a loopback address only.")  # fmt: skip
@click.option("--trusted-global", "trusted", multiple=True, metavar="MODULE.NAME", allow_from_autoenv=False,
              help="With --model: further global that the pickle may reference; can be repeated.")  # fmt: skip
@click.option("--open/--no-open", "opens_page", default=True, help="With --model: open the page in a browser, if "
              "the output is a terminal and a display exists. --no-open opens no browser.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, show_envvar=True,
              help="Address to listen on; 0.0.0.0 means all.")  # fmt: skip
@click.option("--port", default=5090, show_default=True, type=click.IntRange(0, 65535), show_envvar=True,
              envvar=["AIP_HTTP_PORT", "ML_CENSUS_SERVE_PORT"], help="Port; 0 means any free port.")  # fmt: skip
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Port for Prometheus metrics (default: none).")
@click.option("--predict-route", envvar="AIP_PREDICT_ROUTE", show_envvar=True, help="Further path for predictions.")
@click.option("--health-route", envvar="AIP_HEALTH_ROUTE", show_envvar=True, help="Further path for the health check.")
def serve(**options: Unpack[Options]) -> None:
    """Load and check the model, then answer HTTP requests until SIGTERM.

    With --model, the command prints calls with a row of the model, and needs no
    config.yaml.
    """
    # process 1 of a container ignores SIGTERM by default; before the socket opens,
    # there is no request to finish
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    app, draining = _load_app(options)
    _configure_logging(app.state.config)
    _serve_metrics(app.state.metrics, options["host"], options["metrics_port"])
    _listen(app, options, draining)
    _end_at_once()


def _load_app(options: Options) -> tuple["ScheduledFlask", threading.Event]:
    """Return the application with the loaded model, and the event that SIGTERM sets from then on."""
    from ml_census.artifacts.reloader import ArtifactReloader

    with _fail_on_errors(options["model"]):
        settings = _settings(options)
        vertex = _vertex(settings, options["predict_route"], options["health_route"])
        reloader = ArtifactReloader(settings)
        if options["model"]:  # a model that does not compile needs seconds in its child process
            click.echo(f"loading and checking {options['model']} …", err=True)
        artifacts = reloader.load_initial()
    draining = _drain_on_sigterm()
    app = _create_app(artifacts, settings, reloader, vertex, draining, login_required=options["model"] is None)
    _start_reloads(app, reloader, draining)
    return app, draining


@contextmanager
def _fail_on_errors(model: str | None) -> Iterator[None]:
    """Exit with one line on stderr for an error. With --model, name this option in place of a key of config.yaml."""
    from ml_census.errors import ArtifactError, ConfigError

    try:
        with fail_on(ConfigError):
            yield
    except ArtifactError as error:
        fail(f"--model: {error.uri}: {error.reason}" if model and error.key == "model_path" else error)


def _settings(options: Options) -> "Config":
    """Return the configuration of --config or --model. Exit if the options exclude each other.

    Raises ConfigError and ArtifactError.
    """
    if options["model"] is None:
        if options["trusted"]:
            fail("--trusted-global: only with --model; config.yaml has the key trusted_globals")
        from ml_census import config

        return config.load(options["path"], os.environ.get("AIP_STORAGE_URI"))
    if click.get_current_context().get_parameter_source("path") is not ParameterSource.DEFAULT:
        fail("--model and --config (ML_CENSUS_SERVE_CONFIG) exclude each other")
    return local_settings(options["model"], options["trusted"], options["host"])


def _configure_logging(settings: "Config") -> None:
    """Enable the access log if config.yaml has it. Silence Python warnings unless -W or PYTHONWARNINGS is set."""
    from ml_census.observability import access_log

    if settings.access_log:
        access_log.enable()
    if not sys.warnoptions:
        _silence_warnings()


def _create_app(
    artifacts: "Artifacts",
    settings: "Config",
    reloader: "ArtifactReloader",
    vertex: "VertexRoutes | None",
    draining: threading.Event,
    login_required: bool,
) -> "ScheduledFlask":
    from ml_census.api.app import create_app

    return create_app(
        artifacts, settings, lambda: not draining.is_set(), reloader.reload_counts, vertex, login_required
    )


def _start_reloads(app: "ScheduledFlask", reloader: "ArtifactReloader", draining: threading.Event) -> None:
    """Start the thread that reloads changed files of the model, users and keys, unless config.yaml disables it."""
    if app.state.config.reload_interval_seconds:
        arguments = (app.replace_artifacts, draining)
        threading.Thread(target=reloader.watch, args=arguments, name="reload", daemon=True).start()


def _listen(app: "ScheduledFlask", options: Options, draining: threading.Event) -> None:
    """Answer requests until SIGTERM, and then until the drain is over (see server.serve)."""
    from ml_census.server import server

    host, port = options["host"], options["port"]
    log_address = partial(_log_address, app, options)
    try:
        server.serve(app, host, port, app.state.config, draining, log_address, app.state.metrics)
    except OSError as error:  # error.strerror contains the address, which the message already has
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        fail(f"--host {host} --port {port}: {reason}")
    except KeyboardInterrupt:
        sys.exit(130)


def _log_address(app: "ScheduledFlask", options: Options, port: int) -> None:
    """Log the address of the server. With --model, print calls of the server too."""
    host = f"[{options['host']}]" if ":" in options["host"] else options["host"]
    model, url = app.state.artifacts.model, f"http://{host}:{port}"
    log.info("ml-census %s serves model %s (%s) on %s", __version__, model.version, model.engine, url)
    if options["model"] is not None:
        announce(app.state.artifacts, url, options["opens_page"])


def _serve_metrics(metrics: "Metrics", host: str, port: int | None) -> None:
    """Answer GET /metrics on a port, unless the port is None."""
    if port is None:
        return
    try:
        log.info("metrics on http://%s:%d/metrics", host, metrics.serve(host, port))
    except OSError as error:
        fail(f"--host {host} --metrics-port {port}: {error.strerror or error}")


def _vertex(settings: "Config", predict: str | None, health: str | None) -> "VertexRoutes | None":
    """Return the valid paths of --predict-route and --health-route, or None without these options. Exit on errors."""
    if (predict is None) != (health is None):
        fail("--predict-route and --health-route must be set together")
    if predict is None or health is None:
        return None
    from ml_census.api.app import check_vertex_routes
    from ml_census.api.views.vertex import VertexRoutes

    try:
        vertex = VertexRoutes(predict, health)
        check_vertex_routes(settings, vertex)
    except ValueError as error:
        fail(f"--predict-route, --health-route: {error}")
    return vertex


def _drain_on_sigterm() -> threading.Event:
    """Return an event that a thread sets after SIGTERM.

    The signal handler must not call Event.set(), which acquires a lock. A second signal
    during set() would wait for this lock for ever.
    """
    draining, signals = threading.Event(), SimpleQueue[None]()  # put() is safe in a signal handler
    signal.signal(signal.SIGTERM, lambda *_: signals.put(None))

    def wait() -> None:
        signals.get()
        draining.set()

    threading.Thread(target=wait, name="sigterm", daemon=True).start()
    return draining


def _end_at_once() -> NoReturn:
    """End the process with code 0, and unload no module.

    A normal exit takes most of a second to unload scikit-learn. Kubernetes kills a pod
    that exits late.
    """
    logging.shutdown()
    os._exit(0)


def _silence_warnings() -> None:
    """Ignore warnings while requests are served.

    scikit-learn copies the list of warning filters for each tree of a forest. With one
    filter in place of Python's own, a forest of a hundred trees predicts in half the
    time.
    """
    warnings.resetwarnings()
    warnings.simplefilter("ignore")
    # threads of scikit-learn can empty the list of filters (a race): then warnings go
    # to this logger
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.CRITICAL)
