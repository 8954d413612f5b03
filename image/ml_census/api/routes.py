"""The routes of an application by path, for decisions that are made without Flask's routing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from flask import Flask

from ml_census.api.blueprint import ApiBlueprint, Workload

VERSION = "/versions/<version>"
OTHER = "other"
"""Label of all paths without a route."""


@dataclass(frozen=True)
class Route:
    """One rule of an application, and the blueprint that it belongs to (None: the web pages)."""

    rule: str
    methods: frozenset[str]
    workload: Workload = Workload.OTHER
    blueprint: ApiBlueprint | None = None

    @property
    def label(self) -> str:
        """The route in the metrics and the access log: without the version of the model, which clients choose."""
        return self.rule.replace(VERSION, "")


class RouteTable:
    """Find the route of a path, and the blueprint of a path that has no route."""

    def __init__(self, routes: Iterable[Route] = (), blueprints: Iterable[ApiBlueprint] = ()) -> None:
        self.routes = tuple(routes)
        self._by_path = {route.rule: route for route in self.routes}
        self._patterns = [(_pattern(route.rule), route) for route in self.routes if "<" in route.rule]
        self._prefixes = {blueprint.url_prefix: blueprint for blueprint in blueprints if blueprint.url_prefix}

    def find(self, path: str) -> Route | None:
        """Return the route of a path, or None."""
        if path.startswith("//"):
            path = "/" + path.lstrip("/")  # as the server passes it to the application
        if route := self._by_path.get(path):
            return route
        return next((route for pattern, route in self._patterns if pattern.fullmatch(path)), None)

    def blueprint_of(self, path: str) -> ApiBlueprint | None:
        """Return the blueprint of the route of a path, else the one whose prefix is the first segment of the path."""
        if route := self.find(path):
            return route.blueprint
        return self._prefixes.get("/" + path.lstrip("/").partition("/")[0])


def route_table(app: Flask) -> RouteTable:
    """Return the routes that are registered with an application."""
    routes = []
    for rule in app.url_map.iter_rules():
        name, _, view_name = rule.endpoint.rpartition(".")
        blueprint = app.blueprints.get(name)
        own = blueprint if isinstance(blueprint, ApiBlueprint) else None
        workload = own.workload_of(view_name) if own else Workload.OTHER
        routes.append(Route(rule.rule, frozenset(rule.methods or ()), workload, own))
    return RouteTable(routes, [own for own in app.blueprints.values() if isinstance(own, ApiBlueprint)])


def _pattern(rule: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in re.split(r"<[^>]*>", rule)))
