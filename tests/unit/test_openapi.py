"""openapi.yaml names every route, and no other."""

from importlib import resources
from typing import Any, cast

import yaml

from ml_census.app import Api
from ml_census.config import Config
from ml_census.metrics import Metrics


def test_the_description_has_the_routes_and_methods_of_the_server() -> None:
    described = yaml.safe_load(resources.files("ml_census.web").joinpath("openapi.yaml").read_text(encoding="utf-8"))
    routes = Api(cast(Any, None), Config("", "", ""), lambda: True, dict, Metrics()).routes()

    assert {path: sorted(operations) for path, operations in described["paths"].items()} == {
        path: sorted(method.lower() for method in methods) for path, methods, _ in routes
    }
