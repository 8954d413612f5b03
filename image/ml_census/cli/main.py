"""Command line of ml-census. Only this package uses the environment, signals and exit codes."""

import logging
import os
import sys

import click

from ml_census import __version__
from ml_census.cli import generate_key, predict, publish, sandbox, serve, train, users

log = logging.getLogger("ml_census")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "ML_CENSUS"},
    epilog="Example: ml-census serve --config demo/config.yaml",
)
@click.version_option(__version__, prog_name="ml-census")
def main() -> None:
    """Serve any scikit-learn model: clients log in, send rows and get predictions."""
    # libraries log warnings, the server also information
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    log.setLevel(logging.INFO)
    # These are read when scikit-learn and gcsfs are imported. A request runs on one thread. gcsfs's gRPC waits a minute
    # for a metadata server where there is none.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")


for command in (
    serve.serve, train.train, publish.publish, users.user, generate_key.generate_key, predict.predict, sandbox.sandbox
):  # fmt: skip
    main.add_command(command)
