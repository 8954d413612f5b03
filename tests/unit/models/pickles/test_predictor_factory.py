"""A shortage of memory while the columns of a model are read is transient."""

from pathlib import Path

import pytest
from sklearn.base import BaseEstimator

from ml_census.errors import ArtifactError
from ml_census.models.manifest import ModelFolder
from ml_census.models.pickles import predictor_factory
from ml_census.storage.snapshot import Snapshot


class LargeModel(BaseEstimator):
    """A model whose columns need more memory than there is."""

    n_features_in_ = 1

    @property
    def feature_names_in_(self) -> list[str]:
        raise MemoryError


def test_shortage_while_columns_are_read_is_transient(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").touch()
    path = str(tmp_path / "model.pkl")

    with pytest.raises(ArtifactError) as raised:
        predictor_factory.sklearn_predictor(path, LargeModel(), ModelFolder(path, Snapshot()))

    assert raised.value.is_transient
    assert raised.value.reason == "not enough memory to load it (MemoryError)"
