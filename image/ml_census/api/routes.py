"""Table of the application's routes, for look-ups by path outside Flask's own routing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from flask import Flask

from ml_census.api.blueprint import ApiBlueprint, Workload

VERSION = "/versions/<version>"
OTHER = "other"
"""Label of all paths without a route in the metrics and the access log."""


@dataclass(frozen=True)
class Route:
    """One URL rule of the application. `blueprint` is None for the web pages."""

    rule: str
    methods: frozenset[str]
    workload: Workload = Workload.OTHER
    blueprint: ApiBlueprint | None = None

    @property
    def label(self) -> str:
        """The name of the route in the metrics and the access log: the rule without its part for a model version."""
        return self.rule.replace(VERSION, "")


class RouteTable:
    """Table that finds the route or the blueprint of a path."""

    def __init__(self, routes: Iterable[Route] = (), blueprints: Iterable[ApiBlueprint] = ()) -> None:
        self.routes = tuple(routes)
        self._by_path = {route.rule: route for route in self.routes}
        self._patterns = [(_pattern(route.rule), route) for route in self.routes if "<" in route.rule]
        self._prefixes = {blueprint.url_prefix: blueprint for blueprint in blueprints if blueprint.url_prefix}

    def find(self, path: str) -> Route | None:
        """Return the route of a path, or None if no rule matches the path."""
        if path.startswith("//"):
            path = "/" + path.lstrip("/")  # the server does the same before it calls Flask
        if route := self._by_path.get(path):
            return route
        return next((route for pattern, route in self._patterns if pattern.fullmatch(path)), None)

    def blueprint_of(self, path: str) -> ApiBlueprint | None:
        """Return the blueprint of the path's route, or None for a web page.

        For a path without a route, return the blueprint whose url_prefix is the first
        segment of the path, or None.
        """
        if route := self.find(path):
            return route.blueprint
        return self._prefixes.get("/" + path.lstrip("/").partition("/")[0])


def route_table(app: Flask) -> RouteTable:
    """Return the table of all routes that are registered with a Flask application."""
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
