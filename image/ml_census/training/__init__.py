"""Training of the census model, the example of this project. Needs the extra `train`; the image does not have it."""

from ml_census.storage import StorageError
from ml_census.training.datasets import DataError
from ml_census.training.train import train

__all__ = ["DataError", "StorageError", "train"]
