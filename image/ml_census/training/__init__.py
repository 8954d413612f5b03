"""Train the worked example, a census model, and publish it. Needs the extra `train`; the image does without."""

from ml_census.storage import StorageError
from ml_census.training.datasets import DataError
from ml_census.training.train import train

__all__ = ["DataError", "StorageError", "train"]
