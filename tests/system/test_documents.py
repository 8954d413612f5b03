"""The commands of docs/, run in their order as they stand there: what they make is served, and is asked for answers.

`ml-census`, bash, curl and helm's rendering are real; bucket and cluster are folders, the pods are one process.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import pytest
import requests
import yaml

from conftest import find_tool
from support.doc_commands import DOCUMENTS, ROOT, blocks, section
from support.live_server import SECONDS, Launch, Server
from support.sample_models import SAMPLE_MODELS

PASSWORD = "down the rabbit hole"
ANSWER = '"Annual Salary <50K"'
RUNBOOK = "docs/operations.md"


class House:
    """Where somebody follows the documents: a shell, a bucket, a cluster, and what serves there."""

    def __init__(self, folder: Path, launch: Launch) -> None:
        self.folder, self.state, self._launch = folder, folder / "cluster", launch
        self._running: Server | None = None
        self._serves = ""
        programs = folder / "bin"
        for each in (programs, self.state, folder / ".venv/bin", folder / "ci"):
            each.mkdir(parents=True)
        (folder / "charts").symlink_to(ROOT / "charts")
        (folder / ".venv/bin/activate").touch()
        stand_in = f'exec "{sys.executable}" "{ROOT}/tests/support/fake_cli.py"'
        for name in ("kubectl", "helm", "gcloud", "docker", "make"):
            self._program(programs / name, f'{stand_in} {name} "$@"')
        self._program(folder / "ci/build-image", "true")
        real = f'"{sys.executable}" -m ml_census "$@"'
        self._program(
            programs / "ml-census", f'if [ /dev/stdin -ef /dev/null ]; then {real} <<< "{PASSWORD}"; else {real}; fi'
        )
        self._environment = os.environ | {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "STAND_IN": str(self.state),
            "HELM": find_tool("find-helm", "4"),
        }
        (folder / "shell").touch()

    @staticmethod
    def _program(path: Path, text: str) -> None:
        path.write_text(f"#!/usr/bin/env bash\n{text}\n")
        path.chmod(0o755)

    def type(self, *texts: str, release: str = "ml-census") -> str:
        """What the commands print; then the server is the release's newest revision. Variables and functions stay."""
        printed = ""
        for text in texts:
            text = text.replace("gs://", f"{self.folder}/bucket/")
            for url in ("http://127.0.0.1:15090", "https://$HOST", "http://$OLD:90", "http://$NEW:90"):
                text = text.replace(url, '"$(cat "$STAND_IN/url")"')
            script = f"set -eu -o allexport; . ./shell; set -o pipefail\n{text}\n{{ export -p; declare -f; }} > shell"
            done = subprocess.run(
                ["bash", "-c", script], cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=120, start_new_session=True,
            )  # fmt: skip
            assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
            printed += done.stdout
            self._serve(release)
        return printed

    def _serve(self, release: str) -> None:
        kept = self.state / f"releases/{release}.json"
        if not kept.exists() or (rendered := json.loads(kept.read_text())[-1]["rendered"]) == self._serves:
            return
        (pods,) = (each for each in yaml.safe_load_all(rendered) if each and each["kind"] == "Deployment")
        annotations = pods["spec"]["template"]["metadata"]["annotations"]
        config = yaml.safe_load(annotations["ml-census/config.yaml"])
        for key in ("users", "secret"):
            config[key] = config[key].replace("/credentials", f"{self.state}/secrets/ml-census-credentials")
        config |= {"reload_interval_seconds": 0.2, "drain_delay_seconds": 0, "cache_path": str(self.folder / "cache")}
        (self.state / "config.yaml").write_text(yaml.safe_dump(config))
        self.end()
        self._running, self._serves = self._launch(self.state / "config.yaml"), rendered
        (self.state / "url").write_text(self.server.url)

    @property
    def server(self) -> Server:
        assert self._running
        return self._running

    def selector(self) -> dict[str, str]:
        """What selects the pods of the release that serves."""
        (pods,) = (each for each in yaml.safe_load_all(self._serves) if each and each["kind"] == "Deployment")
        found: dict[str, str] = pods["spec"]["selector"]["matchLabels"]
        return found

    def end(self) -> None:
        if self._running:
            assert self._running.stop() == 0
            self._running.end()
            self._running = None

    def version(self) -> dict[str, Any]:
        answer: dict[str, Any] = requests.get(f"{self.server.url}/version", timeout=SECONDS).json()
        return answer

    def reloads(self) -> list[int]:
        """Of users and key, which are looked at each by itself."""
        return [sum(f"reloaded: {part};" in line for line in self.server.log) for part in ("users", "secret")]

    def changes(self, *texts: str) -> None:
        """What is typed, which writes both anew, is seen by the server without a restart."""
        before, end = self.reloads(), time.monotonic() + SECONDS
        self.type(*texts)
        while any(now == then for now, then in zip(self.reloads(), before, strict=True)):
            assert time.monotonic() < end, self.server.log
            time.sleep(0.05)

    def login(self, name: str, password: str = PASSWORD) -> requests.Response:
        return requests.get(f"{self.server.url}/login", auth=(name, password), timeout=SECONDS)

    def token(self, name: str, password: str = PASSWORD) -> str:
        return str(self.login(name, password).json()["token"])

    def lets_in(self, token: str) -> bool:
        """/schema wants a token, whatever the model."""
        answer = requests.get(f"{self.server.url}/schema", headers={"Authorization": token}, timeout=SECONDS)
        assert answer.status_code in (200, 401)
        return answer.status_code == 200


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, launch: Launch) -> Iterator[tuple[House, str]]:
    """Where gke.md leads to, and what it printed; at the end its way back."""
    house = House(tmp_path_factory.mktemp("walked"), launch)
    *there, back = blocks(DOCUMENTS["docs/gke.md"], "sh")
    yield house, house.type(*there)
    house.type(back)
    assert not list((house.state / "releases").iterdir())
    house.end()


@pytest.fixture
def house(walked: tuple[House, str]) -> House:
    """With the runbook's functions."""
    walked[0].type(*blocks(DOCUMENTS[RUNBOOK], "sh")[:1])
    return walked[0]


def runbook(heading: str) -> list[str]:
    return blocks(section(RUNBOOK, heading), "sh")


def test_walk_through_leads_to_predictions(walked: tuple[House, str]) -> None:
    """The first one, and the one over HTTPS."""
    house, printed = walked

    assert printed.count(ANSWER) == 2
    assert house.version()["engine"]["kind"] == "compiled"
    users = json.loads((house.folder / "private/users.json").read_text())
    assert users["alice"].startswith("scrypt:")


def test_user_is_added_and_removed(house: House) -> None:
    add, remove = runbook("Add or remove a user, change a password")

    assert house.login("bob").status_code == 401
    house.changes(add)
    token = house.token("bob")
    assert house.lets_in(token)
    house.changes(remove)
    assert not house.lets_in(token)
    assert house.login("bob").status_code == 401

    house.changes("cp private/users.old.json private/users.json && put")
    assert house.login("bob").status_code == 200


def test_key_rotation_rejects_no_token_before_its_end(house: House) -> None:
    both, new_first, new_alone, at_once = runbook("Rotate the signing key")

    first = house.token("alice")
    house.changes(both)
    second = house.token("alice")
    assert house.lets_in(first) and house.lets_in(second)
    house.changes(new_first)
    third = house.token("alice")
    assert house.lets_in(first) and house.lets_in(second) and house.lets_in(third)
    house.changes(new_alone)
    assert not house.lets_in(first) and not house.lets_in(second)
    assert house.lets_in(third)

    _, both_again = both.splitlines()  # the way back, in which the first line has no part
    for step in (both_again, new_first, new_alone):
        house.changes(step.replace("old.txt", "kept.txt").replace("new.txt", "old.txt").replace("kept.txt", "new.txt"))
        assert house.lets_in(first)
    assert not house.lets_in(third)

    house.changes(at_once)
    assert not house.lets_in(first)
    assert house.lets_in(house.token("alice"))


def test_model_is_published_and_rolled_back(house: House) -> None:
    made = SAMPLE_MODELS["article"]()
    joblib.dump(made.model, house.folder / "model.pkl")
    (house.folder / "decoding.json").write_text(json.dumps(made.decoding))
    before = house.version()["model"]

    house.type(*runbook("Publish a new model"))
    assert house.version()["model"] != before
    assert json.loads(house.type("version"))["model"] == house.version()["model"]
    house.type(*runbook("Roll back a model, values or a release"))
    assert house.version()["model"] == before


@pytest.mark.parametrize(
    "heading", ["Upgrade the chart and the server", "Scale", "Empty a node", "Too many requests: 503"]
)
def test_rest_of_the_runbook_runs(house: House, heading: str) -> None:
    house.type(*runbook(heading))


@pytest.fixture
def moved(tmp_path: Path, launch: Launch) -> Iterator[House]:
    """The article's folder in its bucket, before migration.md."""
    made = SAMPLE_MODELS["article"]()
    article = tmp_path / "bucket/my-models/model_deployment"
    article.mkdir(parents=True)
    joblib.dump(made.model, article / "model.pkl")
    (article / "prediction_decoding.json").write_text(json.dumps(made.decoding))
    (article / "users.json").write_text(json.dumps({"census": PASSWORD, "ada": "love lace"}))
    (article / "secret.txt").write_text("short")
    (tmp_path / "rows.csv").write_text("".join(f"{','.join(map(str, row))}\n" for row in made.rows))
    house = House(tmp_path, launch)
    yield house
    house.end()


def test_migration_changes_nothing_for_clients(moved: House) -> None:
    """Users, passwords, rows and answers are the same; the article's Service leads to the release's pods and back."""
    made = SAMPLE_MODELS["article"]()

    moved.type(*blocks(DOCUMENTS["docs/migration.md"], "sh"), release="census")

    assert moved.login("ada", "love lace").status_code == 200
    answer = requests.post(
        f"{moved.server.url}/prediction",
        headers={"Authorization": moved.token("census")},
        json={"inputs": made.rows},
        timeout=SECONDS,
    )
    assert answer.json() == {"predictions": made.decoded()}
    lines = (moved.folder / "new.csv").read_text().splitlines()
    assert [line.rpartition(",")[2] for line in lines] == made.decoded()
    assert not (moved.folder / "private/clear.json").exists()
    there, back = json.loads((moved.state / "ml-census-service.json").read_text())
    assert {key: value for key, value in there["spec"]["selector"].items() if value} == moved.selector()
    assert back["spec"]["selector"] == dict.fromkeys(moved.selector()) | {"app": "census"}
