"""Fake kubectl, helm, gcloud, bq, docker, make, git, pip and dig for the tests of the documents.

STAND_IN names the folder of the cluster. kubectl keeps Secrets. helm renders with the real Helm (named by HELM) and
keeps the revisions of a release. A Job of the release's CronJob runs the command of its pods, one index after the
other. bq has a table in each file of STATE/tables. gcloud keeps the generations of the files in a bucket that a test
has written.
Commands that only read or change something outside succeed without output. Commands that the real program would reject
fail.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

STATE = Path(os.environ["STAND_IN"])
SILENT = {
    "kubectl": (
        "rollout", "wait", "drain", "top", "delete", "label", "config", "scale", "apply", "describe", "cordon",
        "uncordon", "exec", "set",
    ),
    "helm": ("history", "test", "list"),
    "gcloud": ("",),
    "docker": ("",),
    "make": ("",),
    "git": ("",),
    "pip": ("",),
    "dig": ("",),
    "bq": (),
}  # fmt: skip


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
        case ["patch", "--local", "--filename", "-", *_, "--patch", patch]:
            manifest = json.load(sys.stdin)
            print(json.dumps(manifest | {"metadata": manifest["metadata"] | json.loads(patch)["metadata"]}))
        case ["replace", "--filename", "-", "--output", "jsonpath={.metadata.resourceVersion}"]:
            print(keep(json.load(sys.stdin), is_new=False), end="")
        case ["patch", "secret", name, "--patch-file", "/dev/stdin"]:
            texts = json.load(sys.stdin)["stringData"]
            data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
            keep({"metadata": {"name": name}, "data": data}, is_new=False)
        case ["get", "secret", name, "--output", "jsonpath={.metadata.resourceVersion}"]:
            print(resource_version(name), end="")
        case ["get", "secret", name, "--output", path]:
            key = path.removeprefix("jsonpath={.data.").removesuffix("}").replace("\\.", ".")
            print(base64.b64encode((STATE / "secrets" / name / key).read_bytes()).decode(), end="")
        case ["create", "job", source, name]:
            run_job(source.removeprefix("--from=cronjob/"), name)
        case ["get", "service", _, "--output", "jsonpath={.status.loadBalancer.ingress[0].ip}"]:
            print("127.0.0.1", end="")
        case ["get", "--raw", path]:
            url = (STATE / "url").read_text() + path.partition("/proxy")[2]
            print(urllib.request.urlopen(url).read().decode())
        case ["logs", *_]:
            print((STATE / "log").read_text())
        case ["get", *_] | ["patch", "hpa" | "scaledobject", *_] | ["create", "namespace", _]:
            pass
        case ["patch", "service", name, "--patch", patch]:
            file = STATE / f"{name}.json"
            file.write_text(json.dumps([*(json.loads(file.read_text()) if file.exists() else []), json.loads(patch)]))
        case ["port-forward", _, ports]:
            local = ports.partition(":")[0] or (STATE / "url").read_text().rpartition(":")[2]
            print(f"Forwarding from 127.0.0.1:{local} -> 5090", flush=True)
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):  # the shell waits for the end of its output
                os.dup2(nothing, stream)
            time.sleep(60)  # the shell ends this process earlier
        case _:
            sys.exit(f"kubectl {words}: unknown to fake_cli.py")


def run_job(cron_job: str, name: str) -> None:
    """Run the command of each index of a Job of the newest release, with the variables of its pods."""
    import yaml

    rendered = yaml.safe_load_all(revisions("ml-census")[-1]["rendered"])
    (found,) = (
        each for each in rendered if each and each["metadata"]["name"] == cron_job and "schedule" in each["spec"]
    )
    spec = found["spec"]["jobTemplate"]["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    for index in range(spec["completions"]):
        values = {"JOB_NAME": name, "JOB_COMPLETION_INDEX": str(index), "CPU_REQUEST": "1"}
        assert {*values} <= {each["name"] for each in container["env"]}
        arguments = "\0".join(container["args"])
        for variable, value in values.items():
            arguments = arguments.replace(f"$({variable})", value)
        subprocess.run([sys.executable, "-m", "ml_census", *arguments.split("\0")], check=True)


def bq(words: list[str]) -> None:
    """Extract a table to Parquet files, load one from Parquet files, or print the rows of a query."""
    import pandas  # takes a second: the other programs start faster without it

    tables = STATE / "tables"
    match words:
        case ["extract", "--destination_format", "PARQUET", "--compression", "SNAPPY", table, target]:
            file = Path(target.replace("*", "000000000000"))
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tables / f"{table}.parquet", file)
        case ["load", "--replace", "--source_format", "PARQUET", "--column_name_character_map", "V1", table, source]:
            parts = [pandas.read_parquet(file) for file in sorted(Path("/").glob(source[1:]))]
            pandas.concat(parts).to_parquet(tables / f"{table}.parquet")
        case ["query", "--use_legacy_sql=false", _]:
            pass
        case _:
            sys.exit(f"bq {words}: unknown to fake_cli.py")


def resource_version(name: str) -> str:
    """Return the version of a Secret, which each change raises."""
    kept = STATE / "versions" / name
    return kept.read_text() if kept.exists() else "0"


def keep(manifest: dict[str, Any], is_new: bool) -> str:
    """Write the files of a Secret and return its version.

    Each file is written by a rename: a pod sees the old file or the new one.
    """
    name = manifest["metadata"]["name"]
    folder = STATE / "secrets" / name
    if folder.exists() == is_new:
        sys.exit(f"{name}: {'AlreadyExists' if is_new else 'NotFound'}")
    if manifest["metadata"].get("resourceVersion", resource_version(name)) != resource_version(name):
        sys.exit(f"{name}: Conflict: the object has been modified")
    (STATE / "versions").mkdir(exist_ok=True)
    (STATE / "versions" / name).write_text(str(int(resource_version(name)) + 1))
    folder.mkdir(parents=True, exist_ok=True)
    for key, data in manifest["data"].items():
        (folder / f"{key}.new").write_bytes(base64.b64decode(data))
        (folder / f"{key}.new").replace(folder / key)
    return resource_version(name)


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
            version = re.findall(r"(?m)^version: (\S+)$", (Path(chart) / "Chart.yaml").read_text())
            add(name, {"rendered": rendered.stdout, "version": version[0]})
        case ["get", "metadata", name]:
            if not (known := revisions(name)):
                sys.exit("release: not found")
            print(f"NAME: {name}\nVERSION: {known[-1]['version']}")
        case ["get", "values", *_]:
            pass
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
    """Copy and list files. STATE/generations.json has URL -> time and file of each old generation."""
    known = STATE / "generations.json"
    generations = json.loads(known.read_text()) if known.exists() else {}
    match words:
        case ["storage", "ls", *_]:
            for url, (changed, _) in generations.items():
                print(f"   1024  {changed}  {url}  metageneration=1")
            print(f"TOTAL: {len(generations)} objects, 1024 bytes (1kiB)")
        case ["storage", "rm", "--recursive", *_, target]:
            shutil.rmtree(target, ignore_errors=True)
        case ["storage", "cp", "--recursive", source, target]:
            shutil.copytree(source, Path(target) / Path(source).name, dirs_exist_ok=True)
        case ["storage", "cp", source, target]:
            files = [Path(generations[source][1])] if source in generations else list(Path("/").glob(source[1:]))
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            if target.endswith("/"):
                Path(target).mkdir(exist_ok=True)
            for file in files:
                shutil.copy(file, target)


if __name__ == "__main__":
    program, *arguments = sys.argv[1:]
    if "--namespace" in arguments and program in ("kubectl", "helm"):
        place = arguments.index("--namespace")
        arguments[place : place + 2] = []
    if program == "gcloud" and arguments[:1] == ["storage"]:
        gcloud(arguments)
    elif not arguments[0].startswith(SILENT[program]):
        {"kubectl": kubectl, "helm": helm, "bq": bq}[program](arguments)
