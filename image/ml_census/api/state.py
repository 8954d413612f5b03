"""State shared by the views of one application."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from ml_census.api.prediction_service import PredictionService
from ml_census.api.routes import RouteTable
from ml_census.artifacts.bundle import Artifacts
from ml_census.auth import LoginThrottle
from ml_census.config import Config
from ml_census.observability.metrics import Metrics

EXTENSION = "ml_census"
"""Key of the state in Flask's `app.extensions`."""


@dataclass
class ApiState:
    """The model, users and keys, the configuration and the services that all views of one application share."""

    artifacts: Artifacts
    """The model, users and keys. A reload replaces this attribute, so a view must read
    the attribute only once."""
    config: Config
    metrics: Metrics
    service: PredictionService
    is_ready: Callable[[], bool]
    """Function that returns False after the server has received SIGTERM."""
    reload_counts: Callable[[], Mapping[str, int]]
    """Function that returns the number of reloads by result: "success" and "rejected"."""
    routes: RouteTable = field(default_factory=RouteTable)
    throttle: LoginThrottle = field(default_factory=LoginThrottle)
    unauthenticated_rules: frozenset[str] = frozenset()
    """URL rules that need no token: the rules of the unauthenticated_protocols in
    config.yaml."""
    login_required: bool = True
    """False for `ml-census serve --model`: no rule needs a token. No key of config.yaml
    changes this value."""

    def needs_token(self, rule: str) -> bool:
        """Return whether a request for a URL rule, such as /v2/models/census/infer, needs the token of a user."""
        return self.login_required and rule not in self.unauthenticated_rules


def current_state() -> ApiState:
    """Return the state of the application that handles the current request."""
    return cast(ApiState, current_app.extensions[EXTENSION])
