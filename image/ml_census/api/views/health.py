"""Views for the liveness and readiness probes of Kubernetes: /livez and /readyz."""

from flask import Response

from ml_census.api.blueprint import ApiBlueprint
from ml_census.api.state import current_state

LIVENESS_PATH, READINESS_PATH = "/livez", "/readyz"

blueprint = ApiBlueprint("health")


@blueprint.probe(LIVENESS_PATH)
def livez() -> Response:
    """Return status 200 while the process runs, also after SIGTERM while the server finishes requests."""
    return Response("alive\n", mimetype="text/plain")


@blueprint.probe(READINESS_PATH)
def readyz() -> Response:
    """Return status 200, or status 503 after SIGTERM.

    Before the model, users and keys are loaded and checked, the server accepts no
    connection.
    """
    is_ready = current_state().is_ready()
    return Response("ready\n" if is_ready else "draining\n", 200 if is_ready else 503, mimetype="text/plain")
