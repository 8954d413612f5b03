"""A shell in which the tests type the commands of the runbook, with real kubectl and Helm."""

import os
import re
import subprocess
from pathlib import Path

from e2e.cluster import helm_path
from support.doc_commands import DOCUMENTS, blocks

PROGRAMS = {
    "helm": f'exec "{helm_path()}" "$@"',
    "gcloud": "true",  # the test cluster has no Google Cloud: tests/system/test_runbook.py types these commands
    "dig": "true",
    "grep": '/usr/bin/env -i /bin/grep "$@" || [ $? = 1 ]',  # no line found is no failure of the command
}


class DocsShell:
    """A folder with a shell whose namespace is that of a release."""

    def __init__(self, folder: Path, namespace: str) -> None:
        self.folder, self._namespace = folder, namespace
        programs = folder / "bin"
        programs.mkdir()
        for name, text in PROGRAMS.items():
            (programs / name).write_text(f"#!/usr/bin/env bash\n{text}\n")
            (programs / name).chmod(0o755)
        (folder / "charts").symlink_to(Path(__file__).parents[2] / "charts")
        config = folder / "kubeconfig"
        config.write_bytes(Path(os.environ["KUBECONFIG"]).read_bytes())
        self._environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "KUBECONFIG": str(config)}
        (folder / "shell").touch()
        self.type(f"kubectl config set-context --current --namespace {namespace}")

    def type(self, *texts: str, **variables: str) -> str:
        """Run commands with the namespace and other variables in place of those of the documents. Return the output."""
        printed = ""
        for text in texts:
            for name, value in (variables | {"NS": self._namespace}).items():
                text = re.sub(rf"(?m)(^|\s){name}=[\w./:-]+(?=\s|$)", rf"\g<1>{name}={value}", text)
            script = f"set -eu -o allexport; . ./shell; set -o pipefail\n{text}\n{{ export -p; declare -f; }} > shell"
            done = subprocess.run(
                ["bash", "-c", script], cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=400,
            )  # fmt: skip
            assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
            printed += done.stdout
        return printed


def page_blocks(name: str) -> list[str]:
    """Return the shell blocks of a page of the runbook."""
    return blocks(DOCUMENTS[f"docs/runbook/{name}.md"], "sh")
