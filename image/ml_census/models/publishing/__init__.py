"""Publish a model: write the folder that a server loads.

The command `ml-census train` calls `publish`. The command `ml-census publish` calls
`publish_files`.
"""

from ml_census.models.publishing.files import publish_files
from ml_census.models.publishing.folder import publish

__all__ = ["publish", "publish_files"]
