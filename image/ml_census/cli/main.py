"""Main command of ml-census. Only the package cli reads environment variables, handles signals and exits."""

import logging
import os
import sys

import click

from ml_census import __version__
from ml_census.cli import check, generate_key, predict, publish, sandbox, score, serve, train, users

log = logging.getLogger("ml_census")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "ML_CENSUS"},
    epilog="Example: ml-census serve --config demo/config.yaml",
)
@click.version_option(__version__, prog_name="ml-census")
def main() -> None:
    """Serve any scikit-learn model: clients log in, send rows and get predictions."""
    # libraries log from level WARNING, ml-census from level INFO
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    log.setLevel(logging.INFO)
    # scikit-learn and gcsfs read these variables when they are imported. One thread
    # computes each request. Outside Google Cloud, gcsfs would wait a minute for a
    # metadata server with the support of zonal buckets (ZB).
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")


for command in (
    serve.serve, check.check, train.train, publish.publish, users.user, generate_key.generate_key, predict.predict,
    score.score, sandbox.sandbox,
):  # fmt: skip
    main.add_command(command)
