"""Views of /schema (columns and classes of the model) and /version (versions of server, model and libraries)."""

import platform

from flask import Response

from ml_census import __version__
from ml_census.api.blueprint import ApiBlueprint
from ml_census.api.credentials import authenticate
from ml_census.api.responses import json_response
from ml_census.api.state import current_state
from ml_census.schema import schema_to_json
from ml_census.web.views import REPORT

blueprint = ApiBlueprint("model")


@blueprint.get("/schema")
def schema() -> Response:
    """Return the model's columns, and its classes in the order of the probabilities (null without probabilities)."""
    artifacts = authenticate()
    predictor = artifacts.predictor
    classes = predictor.classes if predictor.has_probabilities else None
    document = schema_to_json(predictor.schema) | {"classes": classes and artifacts.model.decode(classes)}
    if predictor.outputs and predictor.has_probabilities:
        document["outputs"] = predictor.outputs
    return json_response(document)


@blueprint.get("/version")
def version() -> Response:
    """Return the versions of server, model, scikit-learn and Python, the engine that predicts, and reload counts."""
    state = current_state()
    artifacts = state.artifacts
    model = artifacts.model
    document = {
        "version": __version__,
        "model": model.version,
        "engine": model.engine.to_json(),
        "scikit-learn": model.sklearn_version,
        **({"trained_with_sklearn": model.trained_with_sklearn} if model.trained_with_sklearn else {}),
        "python": platform.python_version(),
        "reloads": state.reload_counts(),
        **({"report": REPORT} if artifacts.model.report else {}),
    }
    return json_response(document)
