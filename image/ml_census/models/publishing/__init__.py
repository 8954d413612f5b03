"""Publish a model: write the folder that a server loads, for training (`publish`) and the CLI (`publish_files`)."""

from ml_census.models.publishing.files import publish_files
from ml_census.models.publishing.folder import publish

__all__ = ["publish", "publish_files"]
