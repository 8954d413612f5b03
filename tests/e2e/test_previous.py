"""Upgrade from the previous chart with its own image. This image does not know all configuration keys of that chart."""

import difflib
import json
import os
from pathlib import Path

import pytest
import requests
import yaml

from e2e.cluster import CHART, VALUES, Bucket, Release, helm, image, wait_for
from e2e.traffic import Load

PREVIOUS = Path(__file__).parent / "previous" / "ml-census-0.1.0.tgz"
ARTICLE = CHART / "ci" / "article-values.yaml"
OWN = yaml.safe_load(VALUES.read_text())
FILES = {"model_path": "model.pkl", "prediction_decoding": "prediction_decoding.json"}


@pytest.mark.skipif("PREVIOUS_IMAGE" not in os.environ, reason="PREVIOUS_IMAGE does not name the previous image")
def test_upgrade_from_previous_chart_and_back_loses_none(release: Release, bucket: Bucket, tmp_path: Path) -> None:
    """Upgrade with --reset-then-reuse-values. --reuse-values would keep configuration keys with their old names.

    Both images serve a plain pickle: each has a format of its own for published models.
    """
    for name in ("model.pkl", "prediction_decoding.json"):
        bucket.put(f"plain/{name}", bucket.get(f"census/{name}"))
    model = {f"config.{key}": f"gs://models/plain/{name}" for key, name in FILES.items()}
    named = ["ml-census", "--namespace", release.namespace]
    old = tmp_path / "values.yaml"
    old.write_text(yaml.safe_dump({key: value for key, value in OWN.items() if key != "networkPolicy"}))
    settings = options(image("PREVIOUS_IMAGE") | model)
    helm("install", *named[:1], str(PREVIOUS), *named[1:], "--values", str(ARTICLE), "--values", str(old), *settings,
         "--set", "replicaCount=2", "--wait", "--timeout", "5m")  # fmt: skip
    wait_for("the load balancer", lambda: is_answering(release), 30)
    before = helm("get", "manifest", *named).splitlines()
    new = ["--reset-then-reuse-values", "--set-json", f"networkPolicy={json.dumps(OWN['networkPolicy'])}"]
    new += options(image("IMAGE"))

    with Load(release.url).running() as load:
        wait_for("the first responses", lambda: len(load.outcomes) > 20)
        helm("upgrade", *named[:1], str(CHART), *named[1:], *new, "--wait", "--timeout", "5m")
        release.settle()
        wait_for("500 requests", lambda: len(load.outcomes) >= 500)

    after = helm("get", "manifest", *named).splitlines()
    print("\n".join(difflib.unified_diff(before, after, "previous", "this", n=1, lineterm="")))
    with Load(release.url).running() as back:
        release.rollback()
        release.settle()
        wait_for("500 requests", lambda: len(back.outcomes) >= 500)

    print(f"upgrade of the chart: {load}; rollback: {back}")
    assert not load.failed + back.failed
    assert "kind: NetworkPolicy" in after
    assert release.config_maps() == {}
    release.uninstall()


def options(values: dict[str, object]) -> list[str]:
    """Return the options of Helm that set these values."""
    return [option for key, value in values.items() for option in ("--set", f"{key}={value}")]


def is_answering(release: Release) -> bool:
    """Return whether the release answers /version."""
    try:
        return bool(release.version())
    except requests.ConnectionError:
        return False
