"""A Flask Blueprint for one protocol: routes, workloads, error format and OpenAPI document."""

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
"""Placeholder of rules and OpenAPI paths for the model's name."""
MODEL_NAME = "MODEL_NAME"
"""Key of the model's name in Flask's `app.config`."""

View = TypeVar("View", bound=Callable[..., Response])


class Workload(Enum):
    """The kind of work of a route. It determines the queue that the server uses for a request."""

    PROBE = auto()
    LOGIN = auto()
    PREDICTION = auto()
    OTHER = auto()


class ErrorRenderer(Protocol):
    """Render an error in the format of a protocol."""

    def __call__(self, status: int, message: str, details: Details = (), /) -> dict[str, Any]:
        """Return the error document."""


class ApiBlueprint(Blueprint):
    """The routes of a protocol, their workload, their error format and their part of the OpenAPI document.

    A rule may hold the placeholder {model}. The OpenAPI part is views/NAME.yaml.
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
        self.openapi_names: dict[str, str] = {}
        """Values of further placeholders in the paths of the OpenAPI part."""
        self._workloads: dict[str, Workload] = {}

    def probe(self, rule: str) -> Callable[[View], View]:
        """Register a view that reports liveness or readiness."""
        return self._register(Workload.PROBE, rule, ("GET",))

    def login(self, rule: str, methods: Sequence[str]) -> Callable[[View], View]:
        """Register a view that verifies a password, which takes up to a second of hashing."""
        return self._register(Workload.LOGIN, rule, methods)

    def prediction(self, rule: str, methods: Sequence[str] = ("POST",)) -> Callable[[View], View]:
        """Register a view that predicts."""
        return self._register(Workload.PREDICTION, rule, methods)

    def workload_of(self, view_name: str) -> Workload:
        """Return the workload of a view by the name of its function."""
        return self._workloads.get(view_name, Workload.OTHER)

    def read_openapi(self, model_name: str) -> dict[str, Any]:
        """Return the OpenAPI document of this blueprint, without the paths that the application does not serve."""
        text = resources.files("ml_census.api.views").joinpath(f"{self.name}.yaml").read_bytes()
        part: dict[str, Any] = yaml.safe_load(text)
        part["paths"] = dict(self._served(part["paths"], {MODEL: model_name} | self.openapi_names))
        return part

    def make_setup_state(self, app: "App", options: dict[str, Any], first_registration: bool = False) -> "_SetupState":
        """Return the state that registers the rules with an application (see Flask's documentation)."""
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
        """Register a rule with the model's name in it, and without a redirect, which would name the client's Host."""
        rule = rule.replace(MODEL, self.app.config[MODEL_NAME])
        options.setdefault("strict_slashes", not rule.endswith("/"))
        super().add_url_rule(rule, endpoint, view_func, **options)
