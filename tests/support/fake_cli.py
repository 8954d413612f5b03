"""Fake kubectl, helm, gcloud, docker, make, git and pip for the tests of the documents.

STAND_IN names the folder of the cluster. kubectl keeps Secrets. helm renders with the real Helm (named by HELM) and
keeps the revisions of a release. Commands that only read or change something outside succeed without output. Commands
that the real program would reject fail.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

STATE = Path(os.environ["STAND_IN"])
SILENT = {
    "kubectl": ("rollout", "logs", "wait", "drain", "top", "delete", "label", "config", "scale", "apply"),
    "helm": ("history", "test"),
    "gcloud": ("",),
    "docker": ("",),
    "make": ("",),
    "git": ("",),
    "pip": ("",),
}


def kubectl(words: list[str]) -> None:
    match words:
        case ["create", "secret", "generic", name, *options]:
            files = [option.removeprefix("--from-file=") for option in options if option.startswith("--from-file=")]
            pairs = [(key or Path(path).name, path) for key, _, path in (each.rpartition("=") for each in files)]
            data = {key: base64.b64encode(Path(path).read_bytes()).decode() for key, path in pairs}
            manifest = {"metadata": {"name": name}, "data": data}
            if "--dry-run=client" in options:
                print(json.dumps(manifest))
            else:
                keep(manifest, is_new=True)
        case ["replace", "--filename", "-"]:
            keep(json.load(sys.stdin), is_new=False)
        case ["get", "secret", name, "--output", path]:
            key = path.removeprefix("jsonpath={.data.").removesuffix("}").replace("\\.", ".")
            print(base64.b64encode((STATE / "secrets" / name / key).read_bytes()).decode(), end="")
        case ["get", "service", _, "--output", "jsonpath={.status.loadBalancer.ingress[0].ip}"]:
            print("127.0.0.1", end="")
        case ["get", *_] | ["patch", "hpa", *_] | ["create", "namespace", _]:
            pass
        case ["patch", "service", name, "--patch", patch]:
            file = STATE / f"{name}.json"
            file.write_text(json.dumps([*(json.loads(file.read_text()) if file.exists() else []), json.loads(patch)]))
        case ["port-forward", *_]:
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):  # the shell waits for the end of its output
                os.dup2(nothing, stream)
            time.sleep(60)  # the shell ends this process earlier
        case _:
            sys.exit(f"kubectl {words}: unknown to fake_cli.py")


def keep(manifest: dict[str, Any], is_new: bool) -> None:
    """Write the files of a Secret, each by a rename: a pod sees the old file or the new one."""
    folder = STATE / "secrets" / manifest["metadata"]["name"]
    if folder.exists() == is_new:
        sys.exit(f"{folder.name}: {'AlreadyExists' if is_new else 'NotFound'}")
    folder.mkdir(parents=True, exist_ok=True)
    for key, data in manifest["data"].items():
        (folder / f"{key}.new").write_bytes(base64.b64decode(data))
        (folder / f"{key}.new").replace(folder / key)


def helm(words: list[str]) -> None:
    match words:
        case [("install" | "upgrade") as verb, *rest]:
            name, chart, *options = (word for word in rest if word != "--install")
            known = revisions(name)
            if (verb == "install" and known) or (verb == "upgrade" and not known and "--install" not in rest):
                sys.exit(f"{name}: cannot {verb}, it has {len(known)} revisions")
            command = [os.environ["HELM"], "template", name, chart, "--kube-version", "1.30.0", *options]
            rendered = subprocess.run(command, stdout=subprocess.PIPE, text=True)
            if rendered.returncode:
                sys.exit(rendered.returncode)
            add(name, {"rendered": rendered.stdout})
        case ["rollback", name, *number]:
            add(name, revisions(name)[int(number[0]) - 1 if number else -2])
        case ["uninstall", name]:
            (STATE / f"releases/{name}.json").unlink()
        case _:
            sys.exit(f"helm {words}: unknown to fake_cli.py")


def revisions(name: str) -> list[dict[str, Any]]:
    file = STATE / f"releases/{name}.json"
    return json.loads(file.read_text()) if file.exists() else []


def add(name: str, revision: dict[str, Any]) -> None:
    (STATE / "releases").mkdir(exist_ok=True)
    (STATE / f"releases/{name}.json").write_text(json.dumps([*revisions(name), revision]))


def gcloud(words: list[str]) -> None:
    """Objects of buckets are files here."""
    shutil.copy(words[2], words[3])


if __name__ == "__main__":
    program, *arguments = sys.argv[1:]
    if program == "gcloud" and arguments[:2] == ["storage", "cp"]:
        gcloud(arguments)
    elif not arguments[0].startswith(SILENT[program]):
        {"kubectl": kubectl, "helm": helm}[program](arguments)
