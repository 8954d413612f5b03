"""The commands of docs/, run in their order. The resulting server responds to requests.

DocsEnvironment is a folder with a shell. In it:
- bash, curl, ml-census and Helm's rendering are real;
- kubectl, helm, gcloud, docker and make are tests/support/fake_cli.py, which keeps Secrets and releases as files;
- gs:// URIs are a folder, and the pods of a release are one server process with the release's config.yaml.
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
from support.doc_commands import DOCUMENTS, ROOT, blocks
from support.live_server import SECONDS, Launch, Server
from support.sample_models import SAMPLE_MODELS

PASSWORD = "down the rabbit hole"
ANSWER = '"Annual Salary <50K"'
FUNCTIONS = "docs/how-to/README.md"
GKE = "docs/tutorial/census-on-gke.md"
MIGRATION = "docs/how-to/migrate-from-the-article.md"


class DocsEnvironment:
    """A folder in which the commands of the documents run: shell, bucket, cluster and server."""

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
        for name in ("kubectl", "helm", "gcloud", "docker", "make", "git"):
            self._program(programs / name, f'{stand_in} {name} "$@"')
        for name in ("build-image", "package-chart"):
            self._program(folder / "ci" / name, "true")
        self._program(programs / "python", f'exec "{sys.executable}" "$@"')
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
        """Run commands and return their output. Then serve the newest revision. Variables and functions are kept."""
        printed = ""
        for text in texts:
            text = text.replace("gs://", f"{self.folder}/bucket/")
            for url in (
                "http://127.0.0.1:15090",
                "http://127.0.0.1:5090",
                "https://$HOST",
                "http://$OLD:90",
                "http://$NEW:90",
            ):
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

    def edit(self, text: str) -> None:
        """Set the values of a YAML block in prod.yaml, as the reader does."""
        file = self.folder / "prod.yaml"
        values = yaml.safe_load(file.read_text())
        for key, value in yaml.safe_load(text.replace("gs://", f"{self.folder}/bucket/")).items():
            values[key] = values.get(key, {}) | value
        file.write_text(yaml.safe_dump(values))

    def _serve(self, release: str) -> None:
        kept = self.state / f"releases/{release}.json"
        if not kept.exists() or (rendered := json.loads(kept.read_text())[-1]["rendered"]) == self._serves:
            return
        self._serves = rendered
        pods = self.served("Deployment")
        annotations = pods["spec"]["template"]["metadata"]["annotations"]
        config = yaml.safe_load(annotations["ml-census/config.yaml"])
        for key in ("users", "secret"):
            config[key] = config[key].replace("/credentials", f"{self.state}/secrets/ml-census-credentials")
        config |= {"reload_interval_seconds": 0.2, "drain_delay_seconds": 0, "cache_path": str(self.folder / "cache")}
        (self.state / "config.yaml").write_text(yaml.safe_dump(config))
        self.end()
        self._running = self._launch(self.state / "config.yaml")
        (self.state / "url").write_text(self.server.url)

    @property
    def server(self) -> Server:
        assert self._running
        return self._running

    def served(self, kind: str) -> dict[str, Any]:
        """Return the only object of a kind of the served release."""
        (found,) = (each for each in yaml.safe_load_all(self._serves) if each and each["kind"] == kind)
        assert isinstance(found, dict)
        return found

    def selector(self) -> dict[str, str]:
        """Return the labels that select the pods of the served release."""
        found: dict[str, str] = self.served("Deployment")["spec"]["selector"]["matchLabels"]
        return found

    def serve(self, config: Path) -> None:
        """Serve the model of a config.yaml whose paths start from this folder."""
        values = yaml.safe_load(config.read_text())
        config.write_text(yaml.safe_dump({key: str(self.folder / value) for key, value in values.items()}))
        self._running = self._launch(config)
        (self.state / "url").write_text(self.server.url)

    def end(self) -> None:
        if self._running:
            assert self._running.stop() == 0
            self._running.end()
            self._running = None

    def version(self) -> dict[str, Any]:
        answer: dict[str, Any] = requests.get(f"{self.server.url}/version", timeout=SECONDS).json()
        return answer

    def reloads(self) -> list[int]:
        """Return the number of reloads of users and of keys."""
        return [sum(f"reloaded: {part};" in line for line in self.server.log) for part in ("users", "secret")]

    def changes(self, *texts: str) -> None:
        """Run commands that write users and keys, and wait until the server has reloaded both."""
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
        """Return whether /schema accepts the token."""
        answer = requests.get(f"{self.server.url}/schema", headers={"Authorization": token}, timeout=SECONDS)
        assert answer.status_code in (200, 401)
        return answer.status_code == 200


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, launch: Launch) -> Iterator[tuple[DocsEnvironment, str]]:
    """Run the GKE tutorial; yield the environment and the output; then run its last step, which removes everything."""
    docs = DocsEnvironment(tmp_path_factory.mktemp("walked"), launch)
    *there, back = blocks(DOCUMENTS[GKE], "sh")
    yield docs, docs.type(*there)
    docs.type(back)
    assert not list((docs.state / "releases").iterdir())
    docs.end()


@pytest.fixture
def docs(walked: tuple[DocsEnvironment, str]) -> DocsEnvironment:
    """Return the environment of the tutorial, with the shell functions of the how-to guides."""
    walked[0].type(*blocks(DOCUMENTS[FUNCTIONS], "sh")[:1])
    return walked[0]


def test_tutorial_serves_an_own_model(tmp_path: Path, launch: Launch) -> None:
    docs = DocsEnvironment(tmp_path, launch)
    install, train, publish, serve, predict = blocks(DOCUMENTS["docs/tutorial/your-own-model.md"], "sh")

    docs.type(install, train, publish, serve.replace("ml-census serve --config config.yaml &", ""))
    docs.serve(tmp_path / "config.yaml")

    assert docs.version()["engine"]["kind"] == "compiled"
    assert docs.type(predict) == '"setosa"\n'
    docs.end()


def guide(name: str) -> list[str]:
    """Return the shell blocks of a how-to guide."""
    return blocks(DOCUMENTS[f"docs/how-to/{name}.md"], "sh")


def test_walk_through_leads_to_predictions(walked: tuple[DocsEnvironment, str]) -> None:
    """The first prediction, and the one over HTTPS."""
    docs, printed = walked

    assert printed.count(ANSWER) == 2
    assert docs.version()["engine"]["kind"] == "compiled"
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
    both, new_first, new_alone, at_once = guide("rotate-keys")

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

    docs.changes(at_once)
    assert not docs.lets_in(first)
    assert docs.lets_in(docs.token("alice"))


def test_model_is_published_and_rolled_back(docs: DocsEnvironment) -> None:
    made = SAMPLE_MODELS["article"]()
    joblib.dump(made.model, docs.folder / "model.pkl")
    (docs.folder / "decoding.json").write_text(json.dumps(made.decoding))
    before = docs.version()["model"]

    publish, deploy = guide("publish-a-model")
    docs.type(publish)
    docs.edit(*blocks(DOCUMENTS["docs/how-to/publish-a-model.md"], "yaml"))
    docs.type(deploy)
    assert docs.version()["model"] != before
    assert json.loads(docs.type("version"))["model"] == docs.version()["model"]
    docs.type(*guide("roll-back"))
    assert docs.version()["model"] == before


def test_scale_guide_changes_the_bounds_of_the_autoscaler(docs: DocsEnvironment) -> None:
    docs.edit(*blocks(DOCUMENTS["docs/how-to/scale.md"], "yaml"))

    docs.type(*guide("scale"))

    assert docs.served("HorizontalPodAutoscaler")["spec"]["minReplicas"] == 4


@pytest.mark.parametrize("name", ["gitops", "upgrade", "drain-a-node", "handle-overload"])
def test_commands_of_other_guides_run(docs: DocsEnvironment, name: str) -> None:
    docs.type(*guide(name))


@pytest.fixture
def moved(tmp_path: Path, launch: Launch) -> Iterator[DocsEnvironment]:
    """The article's folder in its bucket, before the migration."""
    made = SAMPLE_MODELS["article"]()
    article = tmp_path / "bucket/my-models/model_deployment"
    article.mkdir(parents=True)
    joblib.dump(made.model, article / "model.pkl")
    (article / "prediction_decoding.json").write_text(json.dumps(made.decoding))
    (article / "users.json").write_text(json.dumps({"census": PASSWORD, "ada": "love lace"}))
    (article / "secret.txt").write_text("short")
    (tmp_path / "rows.csv").write_text("".join(f"{','.join(map(str, row))}\n" for row in made.rows))
    docs = DocsEnvironment(tmp_path, launch)
    yield docs
    docs.end()


def test_migration_changes_nothing_for_clients(moved: DocsEnvironment) -> None:
    """Users, passwords, rows and answers are the same; the article's Service leads to the release's pods and back."""
    made = SAMPLE_MODELS["article"]()

    moved.type(*blocks(DOCUMENTS[MIGRATION], "sh"), release="census")

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
