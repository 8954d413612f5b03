"""values.yaml, its schema, the templates and the README agree."""

import json
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from support.chart_rendering import Chart
from support.chart_values import IMAGE, MODEL


@pytest.mark.parametrize("value", [{"enabled": True}, {"global": {"a": 1}}], ids=["enabled", "global"])
def test_values_of_a_parent_chart_are_accepted(chart: Chart, value: dict[str, Any]) -> None:
    """Values that Helm passes to a subchart change nothing."""
    assert chart.text(value) == chart.text()


def leaves(values: dict[str, Any], comments: Collection[str], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the documented values that have no documented ones below them, as a.b.c, with the value."""
    for key, value in values.items():
        here = f"{path}{key}"
        if isinstance(value, dict) and any(each.startswith(here + ".") for each in comments):
            yield from leaves(value, comments, here + ".")
        else:
            yield here, value


@pytest.fixture(scope="module")
def defaults(chart: Chart) -> dict[str, Any]:
    """Return each value of values.yaml with its default. Raw Kubernetes objects count as one value."""
    values = yaml.safe_load((chart.folder / "values.yaml").read_text())
    return dict(leaves(values, list(properties(schema_of(chart)))))


def schema_of(chart: Chart) -> dict[str, Any]:
    """Return the chart's schema."""
    schema: dict[str, Any] = json.loads((chart.folder / "values.schema.json").read_text())
    return schema


def properties(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield the paths of all properties as a.b.c."""
    for key, rule in schema.get("properties", {}).items():
        yield f"{path}{key}"
        yield from properties(rule, f"{path}{key}.")


def test_schema_is_valid_and_describes_each_property(chart: Chart) -> None:
    """The schema is one of draft 7, describes each property and rejects unknown ones."""
    schema = schema_of(chart)

    jsonschema.Draft7Validator.check_schema(schema)
    for path in properties(schema):
        rule = schema
        for key in path.split("."):
            rule = rule["properties"][key]
        assert rule["description"].endswith("."), path
        assert rule.get("additionalProperties") is False or "properties" not in rule, path


def test_schema_and_values_have_the_same_keys(chart: Chart, defaults: dict[str, Any]) -> None:
    """values.yaml and the schema have the same values, except the two of a parent chart."""
    paths = set(properties(schema_of(chart)))

    assert {path for path in paths if not any(each.startswith(path + ".") for each in paths)} == (
        defaults.keys() | {"global", "enabled"}
    )


def test_templates_use_every_value_and_no_other(chart: Chart, defaults: dict[str, Any]) -> None:
    """Each value is used by a template, and no template uses another."""
    used = set()
    for template in chart.folder.rglob("templates/**/*.*"):
        for match in re.findall(r"\.Values((?:\)*\.\w+)+)", template.read_text()):
            path = match.replace(")", "").lstrip(".")
            used.add(next((each for each in defaults if path.startswith(each + ".")), path))

    assert used == defaults.keys()


def test_value_has_a_comment_in_whole_sentences(chart: Chart) -> None:
    """Directly above each value of values.yaml is its purpose, in whole sentences."""
    text = (chart.folder / "values.yaml").read_text()

    above = re.findall(r"^( *)# -- ([A-Z`].*(?:\n *# .*)*)\.\n\1(\w+):", text, re.MULTILINE)

    assert [key for _, _, key in above] == [path.split(".")[-1] for path in properties(schema_of(chart))][:-2]


def test_value_is_set_by_a_file_for_ci(chart: Chart, defaults: dict[str, Any]) -> None:
    """full-values.yaml has every value, and some file in ci/ sets it to something other than its default."""
    files = {each: yaml.safe_load(each.read_text()) for each in chart.folder.glob("ci/*.yaml")}

    set_ = {each: dict(leaves(values, list(defaults))) for each, values in files.items()}

    assert set_[chart.folder / "ci/full-values.yaml"].keys() == defaults.keys()
    for path, default in defaults.items():
        assert any(values.get(path, default) != default for values in set_.values()), path


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_environment_sets_no_value_to_its_default(chart: Chart, defaults: dict[str, Any], environment: str) -> None:
    """An environment holds differences from the defaults alone."""
    values = yaml.safe_load((chart.folder / f"environments/{environment}.yaml").read_text())

    for path, value in leaves(values, list(defaults)):
        assert value != defaults[path], path


@pytest.mark.parametrize(
    "block",
    [
        *("autoscaling", "test", "resources", "podLabels", "affinity", "extraEnv", "gateway", "ingress"),
        *(
            "googleLoadBalancer",
            "networkPolicy",
            "preStopSleepSeconds",
            "minReadySeconds",
            "verticalPodAutoscaler",
            "metrics",
            "batch",
        ),
    ],
)
def test_missing_block_of_values_is_accepted(chart: Chart, block: str) -> None:
    """A block that is missing, as after --reuse-values from an older chart, counts as its default."""
    assert chart.objects({block: None})


@pytest.mark.parametrize(
    ("block", "keys"),
    [
        ("credentials", ["externalSecret", "secretManager"]),
        ("serviceAccount", ["googleServiceAccount"]),
        ("autoscaling", ["keda", "metrics", "triggers"]),
        ("metrics", ["podMonitoring", "dashboard", "labels"]),
        ("gateway", ["filters", "parentRefs", "address", "tlsSecret"]),
        ("batch", ["schedule", "keep", "maxRejected", "reasons", "queueName", "image", "nodeSelector", "tolerations"]),
    ],
)
def test_missing_keys_of_a_block_count_as_default(chart: Chart, block: str, keys: list[str]) -> None:
    """Keys that are missing, as in a block of an older chart, count as their defaults."""
    on: dict[str, dict[str, Any]] = {
        "autoscaling": {"enabled": True},
        "metrics": {"serviceMonitor": True, "alerts": True},
        "gateway": {"enabled": True, "certificateMap": "a"},
        "batch": {"enabled": True, "input": "gs://a/rows", "output": "gs://a/predictions"},
    }

    assert chart.objects(on | {block: on.get(block, {}) | dict.fromkeys(keys)}) == chart.objects(on)


def test_readme_and_schema_have_comments_of_values(chart: Chart) -> None:
    """README and schema repeat the comments of values.yaml."""
    done = subprocess.run(
        [sys.executable, "ci/generate-values-docs.py", "--check"], cwd=chart.root, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_readme_recipe_is_accepted_and_has_an_effect(chart: Chart) -> None:
    """Each YAML recipe of the chart's README changes the rendering. One about credentials stands alone."""
    recipes = re.findall(r"```yaml\n(.*?)```", (chart.folder / "README.md").read_text(), re.DOTALL)

    assert len(recipes) >= 4
    for recipe in map(yaml.safe_load, recipes):
        alone = "credentials" in recipe
        shown = chart.text(IMAGE | {"config": MODEL} | recipe, file=None) if alone else chart.text(recipe)
        assert shown != chart.text()
