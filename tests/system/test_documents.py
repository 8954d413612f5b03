"""The commands of docs/, run in their order: support/docs_environment.py says what is real."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import pandas
import pytest
import requests

from support.doc_commands import DOCUMENTS, blocks
from support.docs_environment import PASSWORD, DocsEnvironment
from support.live_server import SECONDS, Launch
from support.sample_models import SAMPLE_MODELS

ANSWER = '"Annual Salary <50K"'
GKE = "docs/tutorial/census-on-gke.md"
MIGRATION = "docs/how-to/migrate-from-the-article.md"
ROW = json.loads(DOCUMENTS[GKE].partition("ROW='")[2].partition("'")[0])


def guide(name: str) -> list[str]:
    """Return the shell blocks of a how-to guide."""
    return blocks(DOCUMENTS[f"docs/how-to/{name}.md"], "sh")


def test_commands_of_each_guide_are_typed() -> None:
    source = "".join(file.read_text() for file in Path(__file__).parent.glob("test_documents*.py"))
    guides = [Path(name).stem for name, text in DOCUMENTS.items() if "how-to/" in name and blocks(text, "sh")]
    guides.remove("README")  # its functions are in conftest.py

    assert len(guides) > 10
    assert [name for name in guides if f'"{name}"' not in source and f"how-to/{name}.md" not in source] == []


def test_walk_through_leads_to_predictions(walked: tuple[DocsEnvironment, str]) -> None:
    """The first prediction, and the one over HTTPS."""
    docs, printed = walked

    assert printed.count(ANSWER) == 2
    assert docs.version()["engine"]["kind"] == "compiled"
    assert f'/sa/{docs.served("ServiceAccount")["metadata"]["name"]}"' in DOCUMENTS[GKE]
    users = json.loads((docs.folder / "private/users.json").read_text())
    assert users["alice"].startswith("scrypt:")


def test_user_is_added_and_removed(docs: DocsEnvironment) -> None:
    add, remove = guide("add-a-user")

    assert docs.login("bob").status_code == 401
    docs.changes(add)
    token = docs.token("bob")
    assert docs.lets_in(token)
    docs.changes(remove)
    assert not docs.lets_in(token)
    assert docs.login("bob").status_code == 401

    docs.changes("cp private/users.old.json private/users.json && put")
    assert docs.login("bob").status_code == 200


def test_key_rotation_rejects_no_token_before_its_end(docs: DocsEnvironment) -> None:
    both, new_first, new_alone = guide("rotate-keys")

    first = docs.token("alice")
    docs.changes(both)
    second = docs.token("alice")
    assert docs.lets_in(first) and docs.lets_in(second)
    docs.changes(new_first)
    third = docs.token("alice")
    assert docs.lets_in(first) and docs.lets_in(second) and docs.lets_in(third)
    docs.changes(new_alone)
    assert not docs.lets_in(first) and not docs.lets_in(second)
    assert docs.lets_in(third)

    _, both_again = both.splitlines()  # the way back, in which the first line has no part
    for step in (both_again, new_first, new_alone):
        docs.changes(step.replace("old.txt", "kept.txt").replace("new.txt", "old.txt").replace("kept.txt", "new.txt"))
        assert docs.lets_in(first)
    assert not docs.lets_in(third)


def test_model_is_published_and_rolled_back(docs: DocsEnvironment) -> None:
    sample = SAMPLE_MODELS["article"]()
    joblib.dump(sample.model, docs.folder / "model.pkl")
    (docs.folder / "decoding.json").write_text(json.dumps(sample.decoding))
    before = docs.version()["model"]

    before_edit = (docs.folder / "prod.yaml").read_text()
    publish, deploy = guide("publish-a-model")
    docs.type(publish)
    docs.edit(*blocks(DOCUMENTS["docs/how-to/publish-a-model.md"], "yaml"))
    docs.type(deploy)
    assert docs.version()["model"] != before
    assert json.loads(docs.type("version"))["model"] == docs.version()["model"]
    docs.type(*blocks(DOCUMENTS["docs/runbook/roll-back.md"], "sh"))
    (docs.folder / "prod.yaml").write_text(before_edit)  # as the guide says
    assert docs.version()["model"] == before


def test_scale_guide_changes_the_bounds_of_the_autoscaler(docs: DocsEnvironment) -> None:
    docs.edit(blocks(DOCUMENTS["docs/how-to/scale.md"], "yaml")[0])

    docs.type(*guide("scale"))

    assert docs.served("HorizontalPodAutoscaler")["spec"]["minReplicas"] == 4


@pytest.mark.parametrize("name", ["gitops", "upgrade", "drain-a-node", "run-without-scikit-learn"])
def test_commands_of_other_guides_run(docs: DocsEnvironment, name: str) -> None:
    docs.type(*guide(name))


def test_score_a_file_writes_predictions(docs: DocsEnvironment) -> None:
    (docs.folder / "rows.csv").write_text(f"{','.join(map(str, ROW))}\n" * 2)

    docs.type(*guide("score-a-file"))

    lines = (docs.folder / "predictions.csv").read_text().splitlines()
    assert [line.rpartition(",")[2] for line in lines] == [ANSWER.strip('"')] * 2


def test_readme_request_gets_its_response(docs: DocsEnvironment) -> None:
    (request,) = (block for block in blocks(DOCUMENTS["README.md"], "sh") if "curl" in block)

    printed = docs.type(request.replace("census:census", f'"alice:{PASSWORD}"'))

    assert f"`{printed.strip()}`" in DOCUMENTS["README.md"]


@pytest.mark.parametrize("document", ["docs/reference/api.md", "docs/how-to/score-a-file.md"])
def test_python_block_predicts_a_row(docs: DocsEnvironment, document: str, capsys: pytest.CaptureFixture[str]) -> None:
    block, *_ = blocks(DOCUMENTS[document], "python")
    names: dict[str, object] = {"frame": [ROW]}

    block = block.replace("http://127.0.0.1:5090", docs.server.url).replace(
        '"census", "census"', f'"alice", "{PASSWORD}"'
    )
    exec(block, names)

    assert ANSWER.strip('"') in capsys.readouterr().out + str(names.get("predictions"))


def test_python_block_predicts_a_table(docs: DocsEnvironment) -> None:
    _, block = blocks(DOCUMENTS["docs/reference/api.md"], "python")
    schema = requests.get(f"{docs.server.url}/schema", headers={"Authorization": docs.token("alice")}, timeout=SECONDS)
    columns = [column["name"] for column in schema.json()["columns"]]
    names: dict[str, Any] = {"table": pandas.DataFrame([ROW, ROW], columns=columns)}

    block = block.replace("http://127.0.0.1:5090", docs.server.url)
    exec(block.replace('"census", "census"', f'"alice", "{PASSWORD}"'), names)

    assert list(names["predictions"]) == [ANSWER.strip('"')] * 2


@pytest.fixture
def moved(tmp_path: Path, launch: Launch) -> Iterator[DocsEnvironment]:
    """The article's folder in its bucket, before the migration."""
    sample = SAMPLE_MODELS["article"]()
    article = tmp_path / "bucket/my-models/model_deployment"
    article.mkdir(parents=True)
    joblib.dump(sample.model, article / "model.pkl")
    (article / "prediction_decoding.json").write_text(json.dumps(sample.decoding))
    (article / "users.json").write_text(json.dumps({"census": PASSWORD, "ada": "love lace"}))
    (article / "secret.txt").write_text("short")
    (tmp_path / "rows.csv").write_text("".join(f"{','.join(map(str, row))}\n" for row in sample.rows))
    docs = DocsEnvironment(tmp_path, launch)
    yield docs
    docs.end()


def test_migration_changes_nothing_for_clients(moved: DocsEnvironment) -> None:
    """Type the guide: users, passwords and rows stay valid, and the Service of the article selects the new pods."""
    sample = SAMPLE_MODELS["article"]()

    moved.type(*blocks(DOCUMENTS[MIGRATION], "sh"), release="census")

    assert f'/sa/{moved.served("ServiceAccount")["metadata"]["name"]}"' in DOCUMENTS[MIGRATION]
    assert moved.login("ada", "love lace").status_code == 200
    response = requests.post(
        f"{moved.server.url}/prediction",
        headers={"Authorization": moved.token("census")},
        json={"inputs": sample.rows},
        timeout=SECONDS,
    )
    assert response.json() == {"predictions": sample.decoded()}
    lines = (moved.folder / "new.csv").read_text().splitlines()
    assert [line.rpartition(",")[2] for line in lines] == sample.decoded()
    assert not (moved.folder / "private/clear.json").exists()
    there, back = json.loads((moved.state / "ml-census-service.json").read_text())
    assert {key: value for key, value in there["spec"]["selector"].items() if value} == moved.selector()
    assert back["spec"]["selector"] == dict.fromkeys(moved.selector()) | {"app": "census"}
