"""Steps of the tests of reloads: change a server's folder or its bucket, load the artifacts, and check for changes."""

import hashlib
import io
import json
from pathlib import Path

import joblib
import yaml

from ml_census import config
from ml_census.artifacts.bundle import Artifacts
from ml_census.artifacts.reloader import ArtifactReloader
from support.fake_gcs import Bucket
from support.sample_models import SAMPLE_MODELS


def configure(path: Path, **changes: object) -> None:
    """Change keys of config.yaml."""
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))


def publish_again(folder: Path) -> None:
    """Replace the model by one of other bytes and the same predictions."""
    data, manifest = io.BytesIO(), json.loads((folder / "manifest.json").read_text())
    joblib.dump(SAMPLE_MODELS["logistic"]().model, data, compress=1)
    manifest["files"]["model.pkl"] = hashlib.sha256(data.getvalue()).hexdigest()
    (folder / "model.pkl").write_bytes(data.getvalue())
    (folder / "manifest.json").write_text(json.dumps(manifest))


def upload(folder: Path, bucket: Bucket) -> None:
    """Replace the objects of the bucket by the files of a folder."""
    bucket.objects = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    bucket.generation += 1


def damage(bucket: Bucket) -> None:
    """Replace the model in the bucket by text."""
    bucket.objects["model.pkl"] = b"no model"
    bucket.generation += 1


def make_unavailable(bucket: Bucket) -> None:
    """Let the bucket respond with HTML, as a proxy does: an error at once, without the retries of gcsfs."""
    bucket.respond = lambda handler: handler.send(b"<html>")


def start(path: Path) -> tuple[ArtifactReloader, list[Artifacts]]:
    """Return a reloader that has loaded the artifacts, and the list of artifacts, to which `check` appends."""
    reloader = ArtifactReloader(config.load(str(path)))
    return reloader, [reloader.load_initial()]


def check(reloader: ArtifactReloader, served: list[Artifacts]) -> None:
    """Check all artifacts for changes once, as the threads do."""
    for artifact in reloader.watched:
        reloader.check(artifact, served.append)
