"""The snippets of docs/how-to/gitops.md: known fields, the version of this chart, values that it accepts.

The fields are those of the CustomResourceDefinitions of Argo CD 3.6.0 and of Flux (source-controller 1.9.0,
helm-controller 1.6.3), and of the schema of Terraform's helm provider 3.1.2.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from support.chart_rendering import Chart
from support.doc_commands import CHART, DOCUMENTS, blocks

PAGE = DOCUMENTS["docs/how-to/gitops.md"]
SNIPPETS = {
    each["kind"]: each for text in blocks(PAGE, "yaml") for each in yaml.safe_load_all(text) if "apiVersion" in each
}
(TERRAFORM,) = blocks(PAGE, "hcl")
VERSION = yaml.safe_load((CHART / "Chart.yaml").read_text())["version"]
FIELDS = {
    "Application": """project destination.server destination.namespace
        sources.repoURL sources.chart sources.targetRevision sources.ref
        sources.helm.releaseName sources.helm.valueFiles
        syncPolicy.automated.prune syncPolicy.automated.selfHeal syncPolicy.managedNamespaceMetadata.labels
        syncPolicy.syncOptions""",
    "OCIRepository": "interval url provider layerSelector.mediaType layerSelector.operation ref.tag",
    "HelmRelease": """interval timeout releaseName chartRef.kind chartRef.name install.remediation.retries
        upgrade.remediation.retries upgrade.remediation.remediateLastFailure test.enable values""",
}
API_VERSIONS = {
    "Application": "argoproj.io/v1alpha1",
    "OCIRepository": "source.toolkit.fluxcd.io/v1",
    "HelmRelease": "helm.toolkit.fluxcd.io/v2",
}
ATTRIBUTES = """atomic chart cleanup_on_fail create_namespace description lint max_history name namespace repository
    set set_list set_sensitive set_wo timeout values verify version wait wait_for_jobs""".split()
OPEN = ("values", "syncPolicy.managedNamespaceMetadata.labels")


def paths(value: Any, path: str = "") -> Iterator[str]:
    """Yield the dotted path of each leaf, without positions in lists."""
    if isinstance(value, dict) and path not in OPEN:
        for key, inner in value.items():
            yield from paths(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and isinstance(value[0], dict):
        for inner in value:
            yield from paths(inner, path)
    else:
        yield path


@pytest.mark.parametrize("kind", FIELDS)
def test_snippet_has_known_fields_only(kind: str) -> None:
    snippet = SNIPPETS[kind]

    assert snippet["apiVersion"] == API_VERSIONS[kind]
    assert set(snippet) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(paths(snippet["spec"])) == set(FIELDS[kind].split())


def test_snippets_deploy_this_version_of_the_chart() -> None:
    chart, values = SNIPPETS["Application"]["spec"]["sources"]

    assert chart["targetRevision"] == SNIPPETS["OCIRepository"]["spec"]["ref"]["tag"] == VERSION
    assert f'version    = "{VERSION}"' in TERRAFORM
    assert chart["helm"]["valueFiles"] == [f"${values['ref']}/prod.yaml"]


def test_snippets_take_the_chart_from_the_folder_pushed_to() -> None:
    """Image and chart have the same name and tag: in one folder of a registry the second push replaces the first."""
    (push,) = blocks(PAGE, "sh")
    registry = re.findall(r"^REGISTRY=(.*)", push)[0]
    folder = f"{registry}/charts"
    values = SNIPPETS["HelmRelease"]["spec"]["values"]

    assert "oci://$REGISTRY/charts" in push
    assert SNIPPETS["Application"]["spec"]["sources"][0]["repoURL"] == folder
    assert SNIPPETS["OCIRepository"]["spec"]["url"] == f"oci://{folder}/ml-census"
    assert f'repository = "oci://{folder}"' in TERRAFORM
    assert values["image"]["repository"] == f"{registry}/ml-census"


def test_flux_values_render_an_autoscaled_release(chart: Chart) -> None:
    kinds = [each["kind"] for each in chart.objects(SNIPPETS["HelmRelease"]["spec"]["values"], file=None)]

    assert {"Deployment", "HorizontalPodAutoscaler"} <= set(kinds)
    assert "Secret" not in kinds


def test_snippets_wait_15_minutes(chart: Chart) -> None:
    """Helm's time-out is longer than that of the Deployment, which has the reason in its status."""
    deadline = chart.one("Deployment")["spec"]["progressDeadlineSeconds"]

    assert f"`progressDeadlineSeconds` (default {deadline})" in PAGE
    assert deadline < 900
    assert SNIPPETS["HelmRelease"]["spec"]["timeout"] == "15m"
    assert "timeout    = 900\n" in TERRAFORM


def test_terraform_has_known_attributes_and_values() -> None:
    """The text has matching braces and no attribute that helm_release lacks."""
    release = TERRAFORM.partition('resource "helm_release" "ml_census" {\n')[2]
    names = re.findall(r'name = "([a-zA-Z.]+)"', release)
    values = yaml.safe_load((CHART / "values.yaml").read_text())

    assert set(re.findall(r"^  (\w+) +=", release, re.MULTILINE)) <= set(ATTRIBUTES)
    assert [TERRAFORM.count(each) for each in "{[("] == [TERRAFORM.count(each) for each in "}])"]
    assert all(name.rpartition(".")[2] in values[name.partition(".")[0]] for name in names)
    assert len(names) == 2
