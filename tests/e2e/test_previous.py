"""From the chart before this one to this one, which changes much of what it renders."""

import difflib
import json
from pathlib import Path

import requests
import yaml
from cluster import CHART, VALUES, Release, helm, image, wait_for
from traffic import Load

PREVIOUS = Path(__file__).parent / "previous" / "ml-census-0.1.0.tgz"
ARTICLE = CHART / "ci" / "article-values.yaml"
OWN = yaml.safe_load(VALUES.read_text())


def test_upgrade_from_the_previous_chart_loses_no_request(release: Release, tmp_path: Path) -> None:
    """Upgrade with --reset-then-reuse-values. --reuse-values would keep configuration keys with their old names."""
    named = ["ml-census", "--namespace", release.namespace]
    old = tmp_path / "values.yaml"
    old.write_text(yaml.safe_dump({key: value for key, value in OWN.items() if key != "networkPolicy"}))
    settings = [option for key, value in image("IMAGE").items() for option in ("--set", f"{key}={value}")]
    helm("install", *named[:1], str(PREVIOUS), *named[1:], "--values", str(ARTICLE), "--values", str(old), *settings,
         "--set", "replicaCount=2", "--wait", "--timeout", "5m")  # fmt: skip
    wait_for("the load balancer", lambda: answers(release), 30)
    before = helm("get", "manifest", *named).splitlines()
    new = ["--reset-then-reuse-values", "--set-json", f"networkPolicy={json.dumps(OWN['networkPolicy'])}"]

    with Load(release.url).running() as load:
        wait_for("some answers", lambda: len(load.outcomes) > 20)
        helm("upgrade", *named[:1], str(CHART), *named[1:], *new, "--wait", "--timeout", "5m")
        release.settle()
        wait_for("500 requests", lambda: len(load.outcomes) >= 500)

    after = helm("get", "manifest", *named).splitlines()
    print("\n".join(difflib.unified_diff(before, after, "previous", "this", n=1, lineterm="")))
    print(f"upgrade of the chart: {load}")
    assert not load.failed
    assert "kind: NetworkPolicy" in after
    release.uninstall()


def answers(release: Release) -> bool:
    try:
        return bool(release.version())
    except requests.ConnectionError:
        return False
