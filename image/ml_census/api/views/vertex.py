"""Views for Vertex AI, at the paths in the environment variables AIP_PREDICT_ROUTE and AIP_HEALTH_ROUTE.

Vertex AI sets both variables in the container. Request and response bodies have the
format of KServe V1.
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
    """The paths to which Vertex AI sends prediction requests and health checks."""

    predict: str
    health: str

    def __post_init__(self) -> None:
        """Raise ValueError if a path does not start with a slash, or has special characters.

        For example, "<x>" would be a variable in a URL rule of Flask.
        """
        for path in (self.predict, self.health):
            if not PLAIN_PATH.fullmatch(path):
                raise ValueError(f"{path!r}: must be a path of /, letters, digits and -._~:@, without {{}}, <> or ?")


def create_blueprint(routes: VertexRoutes, others: RouteTable) -> ApiBlueprint:
    """Return the blueprint for Vertex AI. `others` has the routes of all other blueprints.

    An existing probe or prediction route is not added again. Raises ValueError for
    other existing or for equal paths.
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
