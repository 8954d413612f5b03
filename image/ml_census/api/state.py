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
    """The live artifacts, the configuration and the services of one application."""

    artifacts: Artifacts
    """Replaced by a reload: a view reads this attribute once, at its start."""
    config: Config
    metrics: Metrics
    service: PredictionService
    is_ready: Callable[[], bool]
    """False from SIGTERM on."""
    reload_counts: Callable[[], Mapping[str, int]]
    routes: RouteTable = field(default_factory=RouteTable)
    throttle: LoginThrottle = field(default_factory=LoginThrottle)
    unauthenticated_rules: frozenset[str] = frozenset()
    """Routes that need no token, because the configuration lists their protocol in unauthenticated_protocols."""


def current_state() -> ApiState:
    """Return the state of the application that handles the current request."""
    return cast(ApiState, current_app.extensions[EXTENSION])
