"""Vertex AI: the two paths that it gives a container in AIP_PREDICT_ROUTE and AIP_HEALTH_ROUTE.

Bodies are those of KServe V1.
https://docs.cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements
"""

import re
from dataclasses import dataclass

from ml_census.api.blueprint import ApiBlueprint, Workload
from ml_census.api.routes import RouteTable
from ml_census.api.views import kserve, mlflow
from ml_census.protocols import kserve_v1

PLAIN_PATH = re.compile(r"/[A-Za-z0-9/._~:@-]*")


@dataclass(frozen=True)
class VertexRoutes:
    """The paths for predictions and for the health probe."""

    predict: str
    health: str

    def __post_init__(self) -> None:
        """Raise ValueError for a path with special characters: "<x>" would be a pattern of werkzeug's."""
        for path in (self.predict, self.health):
            if not PLAIN_PATH.fullmatch(path):
                raise ValueError(f"{path!r}: must be a path of /, letters, digits and -._~:@, without {{}}, <> or ?")


def create_blueprint(routes: VertexRoutes, others: RouteTable) -> ApiBlueprint:
    """Return the blueprint, without the paths that are routes of the same purpose in another protocol.

    Raises ValueError: a path is a route of another purpose.
    """
    blueprint = ApiBlueprint("vertex", protocol="vertex", render_error=kserve_v1.render_error)
    if routes.predict == routes.health:
        raise ValueError(f"{routes.predict} cannot be both paths")
    if _is_new(routes.predict, Workload.PREDICTION, others):
        blueprint.prediction(routes.predict)(kserve.predict)
        blueprint.openapi_names["{predict_route}"] = routes.predict
    if _is_new(routes.health, Workload.PROBE, others):
        blueprint.probe(routes.health)(mlflow.ping)
        blueprint.openapi_names["{health_route}"] = routes.health
    return blueprint


def _is_new(path: str, workload: Workload, others: RouteTable) -> bool:
    route = others.find(path)
    if route is None:
        return True
    can_share = workload is Workload.PROBE or route.blueprint in (kserve.blueprint, mlflow.blueprint)
    if route.workload is not workload or not can_share:
        raise ValueError(f"{path} is another path of the server")
    return False
