"""Create the Flask application from the blueprints of all protocols."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import cast

from ml_census.api.blueprint import MODEL_NAME, Workload
from ml_census.api.credentials import require_loopback_host
from ml_census.api.error_handlers import register_error_handlers
from ml_census.api.prediction_service import PredictionService
from ml_census.api.routes import route_table
from ml_census.api.scheduling import ScheduledFlask
from ml_census.api.state import ApiState
from ml_census.api.views import health, kserve, login, mlflow, model, open_inference, prediction, vertex
from ml_census.api.views.vertex import VertexRoutes
from ml_census.api.web import openapi, views
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from ml_census.models.model import ServedModel
from ml_census.observability.metrics import Metrics
from ml_census.observability.model_collector import ModelInfo

BLUEPRINTS = [
    login.blueprint,
    prediction.blueprint,
    model.blueprint,
    health.blueprint,
    kserve.blueprint,
    open_inference.blueprint,
    mlflow.blueprint,
]


def create_app(
    artifacts: Artifacts,
    config: Config,
    is_ready: Callable[[], bool] = lambda: True,
    reload_counts: Callable[[], Mapping[str, int]] = dict,
    vertex_routes: VertexRoutes | None = None,
    login_required: bool = True,
) -> ScheduledFlask:
    """Return the WSGI application that serves the artifacts: model, users and signing keys.

    `is_ready` and `reload_counts` are those of ApiState. `vertex_routes` are the paths
    for Vertex AI. Without `login_required`, no request needs a token, and each request
    must have the Host header of a loopback address. Raises ValueError if a path for
    Vertex AI already has another purpose, or if both paths are equal.
    """
    metrics = Metrics()
    service = PredictionService(config.max_rows, metrics, config.extra_columns == "refuse")
    state = ApiState(artifacts, config, metrics, service, is_ready, reload_counts, login_required=login_required)
    app = _create_flask(state)
    _register_blueprints(app, vertex_routes)
    state.unauthenticated_rules = _unauthenticated_rules(state, vertex_routes)
    metrics.watch_model(lambda: _model_info(state.artifacts.model), lambda: dict(reload_counts()))
    metrics.set_route_protocols(_route_protocols(state))
    return app


def _create_flask(state: ApiState) -> ScheduledFlask:
    """Return the application without routes."""
    app = ScheduledFlask(state)
    if not state.login_required:
        app.before_request(require_loopback_host)
    app.config[MODEL_NAME] = state.config.model_name
    app.url_map.merge_slashes = False  # a redirect would contain the Host header of the client
    register_error_handlers(app)
    return app


def _model_info(model: ServedModel) -> ModelInfo:
    return ModelInfo(model.version, model.engine.kind, bool(model.trained_with_sklearn), model.drift)


def check_vertex_routes(config: Config, routes: VertexRoutes) -> None:
    """Check the paths for Vertex AI before the server loads a model.

    Raises ValueError if a path already has another purpose, or if both paths are equal.
    """
    create_app(cast(Artifacts, None), config, vertex_routes=routes)


def _register_blueprints(app: ScheduledFlask, vertex_routes: VertexRoutes | None) -> None:
    state, name, blueprints = app.state, app.config[MODEL_NAME], list(BLUEPRINTS)

    @cache
    def document() -> openapi.Document:
        return openapi.build_document([each.read_openapi(name) for each in blueprints], state.needs_token)

    for blueprint in (*blueprints, views.create_blueprint(document, lambda: state.artifacts.model.report)):
        app.register_blueprint(blueprint)
    if vertex_routes:  # last: create_blueprint compares the paths with all other routes
        blueprints.append(vertex.create_blueprint(vertex_routes, route_table(app)))
        app.register_blueprint(blueprints[-1])
    state.routes = route_table(app)


def _unauthenticated_rules(state: ApiState, vertex_routes: VertexRoutes | None) -> frozenset[str]:
    protocols = state.config.unauthenticated_protocols
    rules = {route.rule for route in state.routes.routes if route.blueprint and route.blueprint.protocol in protocols}
    # the path for Vertex AI may be a route of another protocol
    return frozenset(rules | ({vertex_routes.predict} if vertex_routes and "vertex" in protocols else set()))


def _route_protocols(state: ApiState) -> dict[str, str]:
    """Return the protocol by route label for all prediction routes and /login. The metrics use this mapping."""
    counted = (Workload.PREDICTION, Workload.LOGIN)
    return {
        route.label: route.blueprint.protocol
        for route in state.routes.routes
        if route.blueprint and route.workload in counted
    }
