"""The command line: the only place that knows the environment, signals and exit codes."""

import hashlib
import logging
import os
import signal
import sys
import threading
import warnings
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import click

from ml_census import __version__
from ml_census.cli import predict, users
from ml_census.cli.ending import fail

if TYPE_CHECKING:
    from ml_census.api.views.vertex import VertexRoutes
    from ml_census.config import Config

log = logging.getLogger("ml_census")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "ML_CENSUS"})
@click.version_option(__version__, prog_name="ml-census")
def main() -> None:
    """Log in, send rows, get predictions, from any scikit-learn model."""
    # Libraries speak up when something is wrong, the server also when all is well.
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    log.setLevel(logging.INFO)
    # Before scikit-learn and gcsfs are imported: one request is one thread, and gcsfs does without gRPC, whose
    # set-up waits a minute for a metadata server where there is none.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")


@main.command(epilog="Example: ml-census serve --config demo/config.yaml --port 5090")
@click.option("--config", "path", default="/configuration/config.yaml", show_default=True,
              envvar="ML_CENSUS_SERVE_CONFIG", show_envvar=True, help="The config.yaml.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, show_envvar=True,
              help="The address to listen on; 0.0.0.0 is all.")  # fmt: skip
@click.option("--port", default=5090, show_default=True, type=click.IntRange(0, 65535), show_envvar=True,
              envvar=["AIP_HTTP_PORT", "ML_CENSUS_SERVE_PORT"], help="0 is any free port.")  # fmt: skip
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Prometheus' figures are there; none without it.")
@click.option("--predict-route", envvar="AIP_PREDICT_ROUTE", show_envvar=True, help="A further path for predictions.")
@click.option("--health-route", envvar="AIP_HEALTH_ROUTE", show_envvar=True, help="A further path for its probe.")
def serve(
    path: str, host: str, port: int, metrics_port: int | None, predict_route: str | None, health_route: str | None
) -> None:
    """Load the model, prove that it answers, then serve it until SIGTERM."""
    # As process 1 of a container the default would be to ignore it; before the socket opens there is nothing to drain.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    from ml_census import config
    from ml_census.api.app import create_app
    from ml_census.artifacts.reloader import ArtifactReloader
    from ml_census.errors import ArtifactError, ConfigError
    from ml_census.observability import access_log
    from ml_census.observability.metrics import Metrics
    from ml_census.server import server

    try:
        settings = config.load(path, os.environ.get("AIP_STORAGE_URI"))
        vertex = _vertex(settings, predict_route, health_route)
        loader = ArtifactReloader(settings)
        loaded = loader.start()
    except (ConfigError, ArtifactError) as error:
        fail(error)
    if settings.access_log:
        access_log.enable()
    if not sys.warnoptions:
        _silence_warnings()
    draining = threading.Event()
    _start_drain_on_sigterm(draining)
    metrics = Metrics()
    app = create_app(loaded, settings, lambda: not draining.is_set(), loader.counts, metrics, vertex)
    if metrics_port is not None:
        try:
            log.info("metrics on http://%s:%d/metrics", host, metrics.serve(host, metrics_port))
        except OSError as error:
            fail(f"--host {host} --metrics-port {metrics_port}: {error.strerror or error}")
    if settings.reload_interval_seconds:
        threading.Thread(
            target=loader.watch, args=(app.replace_artifacts, draining), name="reload", daemon=True
        ).start()

    def opened(port: int) -> None:
        model = loaded.model
        engine = ", ".join(str(value) for value in model.engine.values())
        log.info("ml-census %s serves model %s (%s) on http://%s:%d", __version__, model.version, engine, host, port)

    try:
        server.serve(app, host, port, settings, draining, opened, metrics)
    except OSError as error:
        fail(f"--host {host} --port {port}: {getattr(error, 'strerror', None) or error}")
    except KeyboardInterrupt:
        sys.exit(130)
    # All is answered. To take scikit-learn apart takes most of a second, and Kubernetes kills who is late.
    logging.shutdown()
    os._exit(0)


def _vertex(settings: "Config", predict: str | None, health: str | None) -> "VertexRoutes | None":
    """Return the paths of the two options, checked before the model loads."""
    if (predict is None) != (health is None):
        fail("--predict-route and --health-route are given together")
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


def _start_drain_on_sigterm(event: threading.Event) -> None:
    """By a thread of its own: set() takes a lock, for which a second signal would wait for ever in the middle of it."""
    came = SimpleQueue[None]()  # its put() may be interrupted by itself
    signal.signal(signal.SIGTERM, lambda *_: came.put(None))

    def wait() -> None:
        came.get()
        event.set()

    threading.Thread(target=wait, name="sigterm", daemon=True).start()


def _silence_warnings() -> None:
    """For the time of requests. scikit-learn copies the list of filters for each tree of a forest: with one filter in
    place of Python's own, a forest of a hundred takes half the time. And its threads empty each other's list; then
    each tree would write a warning to the log."""
    warnings.resetwarnings()
    warnings.simplefilter("ignore")
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.CRITICAL)


@main.command(name="try", hidden=True)
@click.argument("folder", type=click.Path(path_type=Path))
def try_(folder: Path) -> None:
    """What a server runs to see whether a pickled model loads and predicts; see trial.py."""
    from ml_census.models import sandbox

    try:
        sandbox.run(folder)
    except OSError as error:  # no space or memory, not the model's fault
        fail(error.strerror or error, os.EX_TEMPFAIL)


@main.command(epilog="Example: ml-census train --recipe boosted --data demo --output gs://BUCKET/census")
@click.option("--recipe", type=click.Choice(["article", "boosted"]), default="boosted", show_default=True)
@click.option("--data", "source", default="demo", show_default=True, metavar="FOLDER|URL|openml|demo",
              help="Where adult.data and adult.test are; demo is a synthetic census, made on the spot.")  # fmt: skip
@click.option("--output", required=True, metavar="FOLDER|gs://…", help="The folder to publish the model in.")
def train(recipe: str, source: str, output: str) -> None:
    """Train the census model and publish it, with its schema, golden rows and hashes."""
    try:
        from ml_census.training import DataError, StorageError
        from ml_census.training import train as run
    except ModuleNotFoundError as error:
        fail(f"train needs the extra: pip install 'ml-census[train]' ({error})")
    try:
        run(recipe, source, output)
    except DataError as error:
        fail(error)
    except StorageError as error:
        fail(f"{output}: {error}")


@main.command(epilog="Example: ml-census publish --model model.pkl --output gs://BUCKET/model")
@click.option("--model", required=True, metavar="FILE|gs://…", help="The model, as joblib or pickle wrote it.")
@click.option("--output", required=True, metavar="FOLDER|gs://…", help="The folder to publish it in.")
@click.option("--decoding", metavar="FILE|gs://…", help="JSON from class to the text of the answer.")
@click.option("--schema", metavar="FILE|gs://…", help="A schema.json; without form, some columns of it.")
@click.option("--golden", metavar="FILE|gs://…", help='JSON, {"inputs": [row, ...]}: rows that a server tries first.')
@click.option("--trust", "trusted", multiple=True, metavar="MODULE.NAME", help="What else than scikit-learn's own "
              "estimators the model may name; can be repeated.")  # fmt: skip
def publish(
    model: str, output: str, decoding: str | None, schema: str | None, golden: str | None, trusted: tuple[str, ...]
) -> None:
    """Compile a model, prove it equal, and publish it with its hashes: such a model starts without being unpickled."""
    from ml_census import storage
    from ml_census.errors import ArtifactError
    from ml_census.storage import StorageError

    click.echo("compiling and proving …", err=True)
    try:
        from ml_census.models.publishing import publish_files
    except ImportError as error:
        fail(f"publish needs scikit-learn ({error})")
    try:
        engine = publish_files(model, output, decoding, schema, golden, trusted)
    except ArtifactError as error:
        fail(error)
    except StorageError as error:
        fail(f"{output}: {error}")
    click.echo(f"published in {output}: " + ", ".join(str(value) for value in engine.values()), err=True)
    if trusted and engine["kind"] == "original":
        digest = hashlib.sha256(storage.read(storage.join(output, "manifest.json"))).hexdigest()
        names = ", ".join(trusted)
        click.echo(f'a server needs model_sha256: "{digest}" to trust the manifest, which lists {names}', err=True)


for command in (users.user, users.secret, predict.predict):
    main.add_command(command)
