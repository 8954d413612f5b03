"""Views of /schema (columns and classes of the model) and /version (versions of server, model and libraries)."""

import platform

from flask import Response

from ml_census import __version__
from ml_census.api.blueprint import ApiBlueprint
from ml_census.api.credentials import authenticate
from ml_census.api.responses import json_response
from ml_census.api.state import current_state
from ml_census.api.web.views import REPORT
from ml_census.config import DEFAULT_MODEL_NAME
from ml_census.models.model import ServedModel
from ml_census.schema import schema_to_json

blueprint = ApiBlueprint("model")


@blueprint.get("/schema")
def schema() -> Response:
    """Return the model's columns, and its classes in the order of the probabilities (null without probabilities)."""
    artifacts = authenticate()
    predictor = artifacts.predictor
    classes = predictor.classes if predictor.has_probabilities else None
    document = schema_to_json(predictor.schema) | {"classes": classes and artifacts.model.decode(classes)}
    document |= _title(artifacts.model)
    if description := current_state().config.description or artifacts.model.description:
        document["description"] = description
    if predictor.outputs and predictor.has_probabilities:
        document["outputs"] = predictor.outputs
    return json_response(document)


@blueprint.get("/version")
def version() -> Response:
    """Return the versions of server, model, scikit-learn and Python, the engine that predicts, and reload counts."""
    state = current_state()
    model = state.artifacts.model
    document = {
        "version": __version__,
        "model": model.version,
        "engine": model.engine.to_json(),
        "scikit-learn": model.sklearn_version,
        **({"trained_with_sklearn": model.trained_with_sklearn} if model.trained_with_sklearn else {}),
        "python": platform.python_version(),
        "reloads": state.reload_counts(),
        **({"report": REPORT} if model.report else {}),
        **({} if state.login_required else {"login_required": False}),
        **_title(model),
    }
    return json_response(document)


def _title(model: ServedModel) -> dict[str, str]:
    """Return the title of the model, or nothing if neither config.yaml nor manifest.json has a name.

    The title is no secret: the name of the model is part of URL paths. So /version
    returns the title without a token, and the login form shows the title.
    """
    name = current_state().config.model_name
    title = model.name if name == DEFAULT_MODEL_NAME else name
    return {"title": title} if title else {}
