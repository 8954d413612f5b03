"""The commands of docs/runbook, with the fake cluster of support/docs_environment.py.

tests/e2e/test_runbook.py runs the same commands on a cluster, except those of gcloud.
"""

import json
import shutil
import time
from pathlib import Path

import pytest

from support.doc_commands import DOCUMENTS, blocks
from support.docs_environment import DocsEnvironment
from support.live_server import SECONDS

PAGES = sorted(name for name in DOCUMENTS if name.startswith("docs/runbook/"))


def page(name: str) -> list[str]:
    """Return the shell blocks of a page of the runbook."""
    return blocks(DOCUMENTS[f"docs/runbook/{name}.md"], "sh")


@pytest.mark.parametrize("name", [name for name in PAGES if not name.endswith(("restore-a-model.md", "leaked-key.md"))])
def test_commands_of_the_page_run(docs: DocsEnvironment, name: str) -> None:
    printed = docs.type(*blocks(DOCUMENTS[name], "sh"))

    assert "VERSION: " in printed


def test_leaked_key_is_replaced_in_one_step(docs: DocsEnvironment) -> None:
    token = docs.token("alice")
    head, replace, *look = page("leaked-key")
    docs.type(head, replace)

    end = time.monotonic() + SECONDS
    while docs.lets_in(token):
        assert time.monotonic() < end, docs.server.log
        time.sleep(0.05)

    assert "reloaded: secret" in docs.type(*look)
    assert docs.lets_in(docs.token("alice"))


def test_capacity_command_adds_a_reserve(docs: DocsEnvironment) -> None:
    """5,000 requests a second at 70 % of 2,500 for each core need three pods, and one more."""
    assert docs.type(*page("capacity")).splitlines()[-1] == "4"


def test_overwritten_model_is_restored_from_its_generation(docs: DocsEnvironment, tmp_path: Path) -> None:
    """The bucket has a generation of each file before the wrong publication, and an older and a newer one."""
    folder = docs.folder / "bucket/my-models/census"
    generations = {}
    for file in folder.iterdir():
        kept = shutil.copy(file, tmp_path / file.name)
        (tmp_path / "wrong").write_text("wrong")
        for number, (changed, content) in enumerate(
            [("2026-11-01T00:00:00Z", "wrong"), ("2026-11-20T00:00:00Z", kept), ("2026-11-28T04:00:00Z", "wrong")]
        ):
            generations[f"{file}#{number}"] = (changed, str(tmp_path / content))
    (docs.state / "generations.json").write_text(json.dumps(generations))
    for file in folder.iterdir():
        file.write_text("wrong")

    docs.type(*page("restore-a-model"))

    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        file.name: (tmp_path / file.name).read_bytes() for file in folder.iterdir()
    }


def test_second_person_cannot_overwrite_the_secret(docs: DocsEnvironment) -> None:
    """The second person took the Secret before the first person put it."""
    docs.type("take && cp -r private other")
    docs.changes("put")
    docs.type("put")  # a second change of the same person needs no `take`

    with pytest.raises(AssertionError, match="Conflict"):
        docs.type("cp other/version.txt private/ && put")
    docs.type("take && put")


def test_deploy_refuses_another_version_of_the_chart(docs: DocsEnvironment) -> None:
    """A change of a value would also upgrade the chart and the image."""
    kept = docs.state / "releases/ml-census.json"
    revisions = json.loads(kept.read_text())
    kept.write_text(json.dumps([*revisions[:-1], revisions[-1] | {"version": "0.1.9"}]))

    with pytest.raises(AssertionError, match=r"version 0\.1\.9 of the chart"):
        docs.type("deploy")

    kept.write_text(json.dumps(revisions))
    docs.type("deploy")
