"""The commands of docs/ with a fake cluster. The resulting server responds to requests.

DocsEnvironment is a folder with a shell. In it:
- bash, curl, ml-census and Helm's rendering are real;
- kubectl, helm, gcloud, bq, docker, make, git, pip and dig are tests/support/fake_cli.py, which keeps Secrets and
  releases;
- gs:// URIs are a folder, and the pods of a release are one server process with the release's config.yaml.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests
import yaml

from support.chart_rendering import find
from support.doc_commands import ROOT, is_shown
from support.live_server import SECONDS, Launch, Server, launch_options

GREP = f'[ "$1" = --quiet ] && exec {shutil.which("grep")} "$@"\n{shutil.which("grep")} "$@" || [ $? = 1 ]'
"""Real grep, which fails only for an error: a log without the line is no failure of the command."""
PASSWORD = "down the rabbit hole"
URLS = (
    "http://127.0.0.1:15090",
    "http://127.0.0.1:5090",
    "https://$HOST",
    "https://census.example.com",
    "http://$OLD:90",
    "http://$NEW:90",
)
"""The addresses of the server in the documents."""


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
        for name in ("kubectl", "helm", "gcloud", "bq", "docker", "make", "git", "pip", "dig"):
            self._program(programs / name, f'{stand_in} {name} "$@"')
        for name in ("build-image", "package-chart"):
            self._program(folder / "ci" / name, "true")
        self._program(programs / "grep", GREP)
        self._program(programs / "python", f'exec "{sys.executable}" "$@"')
        real = f'"{sys.executable}" -P -m ml_census "$@"'
        self._program(
            programs / "ml-census", f'if [ /dev/stdin -ef /dev/null ]; then {real} <<< "{PASSWORD}"; else {real}; fi'
        )
        self._environment = os.environ | {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "STAND_IN": str(self.state),
            "HELM": find("ci/find-helm", "--find", "4"),
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
            (self.state / "log").write_text("\n".join(self._running.log if self._running else []))
            done = self._run(text, subprocess.PIPE)
            assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
            printed += done.stdout
            self._serve(release)
        return printed

    def _run(self, text: str, errors: int = subprocess.STDOUT) -> "subprocess.CompletedProcess[str]":
        """Run commands in the shell of this folder. `errors` is the file for stderr, by default that of stdout."""
        text = text.replace("gs://", f"{self.folder}/bucket/")
        for url in URLS:
            text = text.replace(url, '"$(cat "$STAND_IN/url")"')
        script = f"set -eu -o allexport; . ./shell; set -o pipefail\n{text}\n{{ export -p; declare -f; }} > shell"
        return subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=errors, text=True, timeout=120, start_new_session=True,
        )  # fmt: skip

    def follow(self, *steps: tuple[str, str]) -> None:
        """Run commands that have an output in the document, and compare the outputs.

        A command fails if the last line of its output is an error of ml-census, or the result "cannot be served".
        """
        for command, shown in steps:
            done = self._run(command)
            fails = re.search(r"^(ml-census: |result +cannot be served).*\n\Z", shown, re.MULTILINE) is not None
            assert (done.returncode != 0) is fails, f"{command}\n{done.stdout}"
            printed = done.stdout.replace(self._running.url, "http://127.0.0.1:5090") if self._running else done.stdout
            assert not shown or is_shown(printed, shown), printed

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

    def serve(self, config: Path, env: dict[str, str] | None = None) -> None:
        """Serve the model of a config.yaml whose paths start from this folder."""
        values = yaml.safe_load(config.read_text())
        paths = {key: str(self.folder / value) for key, value in values.items() if key != "model_sha256"}
        config.write_text(yaml.safe_dump(values | paths))
        self.end()
        self._running = self._launch(config, env)
        (self.state / "url").write_text(self.server.url)

    def serve_published(self, folder: str, decoding: bool = False) -> None:
        """Serve the model of a folder for the user alice."""
        config = {"model_path": f"{folder}/model.pkl", "users": "private/users.json", "secret": "private/secret.txt"}
        if decoding:
            config["prediction_decoding"] = f"{folder}/prediction_decoding.json"
        if not (self.folder / "private").exists():
            self.type("mkdir -m 700 private && ml-census user add alice --users private/users.json")
            self.type("ml-census generate-key --output private/secret.txt")
        (self.folder / "config.yaml").write_text(yaml.safe_dump(config))
        self.serve(self.folder / "config.yaml")

    def serve_as_shown(self, command: str, shown: str, env: dict[str, str] | None = None) -> None:
        """Start a server as a document does, but on a free port. Compare its output, where the port is 5090.

        If the last line of `shown` is "…", the server prints further lines.
        """
        self.end()
        words = shlex.split(command)[2:]
        self._running = launch_options((*words, "--port", "0"), env, stdout=subprocess.PIPE, cwd=self.folder)
        (self.state / "url").write_text(self.server.url)
        output = self.server.process.stdout
        assert output
        shown = shown.removesuffix("…\n")
        printed = [*self.server.log, *(output.readline() for _ in shown.splitlines()[len(self.server.log) :])]
        text = "".join(printed).replace(f":{self.server.port}", ":5090")
        assert is_shown(text, shown), text

    def end(self) -> None:
        if self._running:
            assert self._running.stop() == 0
            self._running.end()
            if self._running.process.stdout:
                self._running.process.stdout.close()
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
