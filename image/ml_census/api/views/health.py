"""/livez and /readyz: the probes of Kubernetes."""

from flask import Response

from ml_census.api.blueprint import ApiBlueprint
from ml_census.api.state import current_state

LIVENESS_PATH, READINESS_PATH = "/livez", "/readyz"

blueprint = ApiBlueprint("health")


@blueprint.probe(LIVENESS_PATH)
def livez() -> Response:
    """Return 200 while the process responds, also during a drain."""
    return Response("alive\n", mimetype="text/plain")


@blueprint.probe(READINESS_PATH)
def readyz() -> Response:
    """Return 200 until the drain begins, then 503. The socket opens only after the artifacts are loaded and checked."""
    is_ready = current_state().is_ready()
    return Response("ready\n" if is_ready else "draining\n", 200 if is_ready else 503, mimetype="text/plain")
