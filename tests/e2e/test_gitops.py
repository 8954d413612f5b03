"""GitOps controllers find no difference between the objects of a values file and those of a real API server."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from e2e.cluster import CHART, REQUIRED, helm, kubectl

Object = dict[str, Any]
FILES = sorted(str(each.relative_to(CHART)) for each in [*CHART.glob("ci/*"), *CHART.glob("environments/*")])
BUILT_IN = {"batch/v1", "v1", "apps/v1", "autoscaling/v2", "networking.k8s.io/v1", "policy/v1"}


def rendered(file: str) -> list[Object]:
    """Return the objects that Argo CD compares: all but the hooks."""
    values = ["--values", str(REQUIRED), "--values", str(CHART / file)]
    text = helm("template", "gitops", str(CHART), "--no-hooks", "--namespace", "default", *values)
    return [each for each in yaml.safe_load_all(text) if each]


def admitted(objects: list[Object]) -> list[Object]:
    """Return the objects with the defaults of the API server. A dry run stores nothing."""
    command = ["apply", "--server-side", "--dry-run=server", "--namespace=default", "--output=json", "--filename=-"]
    response = json.loads(kubectl(*command, stdin=yaml.safe_dump_all(objects)))
    found: list[Object] = response["items"] if response["kind"] == "List" else [response]
    return found


def differences(wanted: Any, live: Any, is_built_in: bool, path: str) -> Iterator[str]:
    """Yield the fields that Argo CD shows as OutOfSync.

    A field that only the live object has is no difference. Argo CD knows the defaults of built-in kinds, also in the
    items of lists. It compares lists of other kinds as a whole.
    """
    if isinstance(wanted, dict) and isinstance(live, dict):
        for key, value in wanted.items():
            yield from differences(value, live.get(key), is_built_in, f"{path}.{key}")
    elif is_built_in and isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        for number, pair in enumerate(zip(wanted, live, strict=True)):
            yield from differences(*pair, is_built_in, f"{path}[{number}]")
    elif wanted != live:
        yield f"{path}: rendered {json.dumps(wanted)}, live {json.dumps(live)}"


@pytest.mark.parametrize("file", FILES)
def test_live_objects_equal_the_rendered_ones(crds: None, file: str) -> None:
    objects = rendered(file)
    live = {(each["kind"], each["metadata"]["name"]): each for each in admitted(objects)}

    found: list[str] = []
    for each in objects:
        key = each["kind"], each["metadata"]["name"]
        found += differences(each, live[key], each["apiVersion"] in BUILT_IN, "/".join(key))

    assert len(live) == len(objects)
    assert found == []
