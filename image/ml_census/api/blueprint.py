"""Flask blueprint for one protocol: routes, kinds of work, error format and OpenAPI document."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum, auto
from importlib import resources
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import yaml
from flask import Blueprint, Response
from flask.blueprints import BlueprintSetupState

from ml_census.protocols import native
from ml_census.protocols.error_details import Details

if TYPE_CHECKING:
    from flask.sansio.app import App

MODEL = "{model}"
"""Placeholder for the model's name in URL rules and in the paths of OpenAPI
documents."""
MODEL_NAME = "MODEL_NAME"
"""Key of the model's name in Flask's `app.config`."""

View = TypeVar("View", bound=Callable[..., Response])


class Workload(Enum):
    """The kind of work of a route. The kind determines the queue of a request in the HTTP server."""

    PROBE = auto()
    LOGIN = auto()
    PREDICTION = auto()
    OTHER = auto()


class ErrorRenderer(Protocol):
    """Type of the functions that render an error in the format of a protocol."""

    def __call__(self, status: int, message: str, details: Details = (), /) -> dict[str, Any]:
        """Return the JSON object of an error response. `details` are the rejected values of the request."""


class ApiBlueprint(Blueprint):
    """Flask blueprint with the routes, the error format and the OpenAPI document of one protocol.

    A URL rule may contain the placeholder {model}. The file of the OpenAPI document is
    views/NAME.yaml.
    """

    def __init__(
        self,
        name: str,
        *,
        protocol: str = native.NAME,
        render_error: ErrorRenderer = native.render_error,
        url_prefix: str | None = None,
        token_error_status: int = 401,
    ) -> None:
        super().__init__(name, __name__, url_prefix=url_prefix)
        self.protocol = protocol
        """Name of the protocol in the configuration and in the metrics."""
        self.render_error = render_error
        self.token_error_status = token_error_status
        """HTTP status of the response to a missing or invalid token."""
        self.openapi_names: dict[str, str] = {}
        """Further placeholder in the OpenAPI document -> the path that replaces the
        placeholder."""
        self._workloads: dict[str, Workload] = {}

    def probe(self, rule: str) -> Callable[[View], View]:
        """Return a decorator that registers a view for GET requests of liveness or readiness probes."""
        return self._register(Workload.PROBE, rule, ("GET",))

    def login(self, rule: str, methods: Sequence[str]) -> Callable[[View], View]:
        """Return a decorator that registers a view that verifies a password. The password hash takes about 0.1 s."""
        return self._register(Workload.LOGIN, rule, methods)

    def prediction(self, rule: str, methods: Sequence[str] = ("POST",)) -> Callable[[View], View]:
        """Return a decorator that registers a view that predicts."""
        return self._register(Workload.PREDICTION, rule, methods)

    def workload_of(self, view_name: str) -> Workload:
        """Return the kind of work of the view function with this name; OTHER for a view without a registered kind."""
        return self._workloads.get(view_name, Workload.OTHER)

    def read_openapi(self, model_name: str) -> dict[str, Any]:
        """Return the OpenAPI document of this blueprint with `model_name` and other values in place of placeholders.

        A path that consists of a placeholder without a value is left out: the
        application does not serve the path.
        """
        text = resources.files("ml_census.api.views").joinpath(f"{self.name}.yaml").read_bytes()
        part: dict[str, Any] = yaml.safe_load(text)
        part["paths"] = dict(self._served(part["paths"], {MODEL: model_name} | self.openapi_names))
        return part

    def make_setup_state(self, app: "App", options: dict[str, Any], first_registration: bool = False) -> "_SetupState":
        """Return the object with which Flask registers the rules of this blueprint with an application."""
        return _SetupState(self, app, options, first_registration)

    def _register(self, workload: Workload, rule: str, methods: Sequence[str]) -> Callable[[View], View]:
        def decorate(view: View) -> View:
            self._workloads[view.__name__] = workload
            self.add_url_rule(rule, view_func=view, methods=list(methods))
            return view

        return decorate

    @staticmethod
    def _served(paths: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
        for path, operations in paths.items():
            for placeholder, value in names.items():
                path = path.replace(placeholder, value)
            if path.startswith("/"):
                yield path, operations


class _SetupState(BlueprintSetupState):
    def add_url_rule(
        self, rule: str, endpoint: str | None = None, view_func: Callable[..., Any] | None = None, **options: Any
    ) -> None:
        """Register a rule with the model's name in place of {model}, and without redirects to or from a final slash.

        A redirect would contain the Host header of the client.
        """
        rule = rule.replace(MODEL, self.app.config[MODEL_NAME])
        options.setdefault("strict_slashes", not rule.endswith("/"))
        super().add_url_rule(rule, endpoint, view_func, **options)
