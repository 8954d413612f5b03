"""Train the census model, the example of this project.

The package needs `pip install 'ml-census[train]'`. The container image does not contain the extra `train`.
"""

from ml_census.storage import StorageError
from ml_census.training.datasets import DataError
from ml_census.training.train import train

__all__ = ["DataError", "StorageError", "train"]
