"""The scikit-learn version of a pickle is found without loading it."""

import io
import pickle
from typing import Any

import joblib
import pytest
import sklearn
from sklearn.ensemble import RandomForestClassifier

from ml_census.models.pickles.pickle_version import BLOCK_BYTES, sklearn_version
from support.harmful_pickles import evaluating

FOREST = RandomForestClassifier(20, random_state=0).fit([[0.0], [1.0]] * 20, [0, 1] * 20)


def dumped(model: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    joblib.dump(model, file, **options)
    return file.getvalue()


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("lzma", 3)])
def test_version_is_found_in_each_compression(compress: Any) -> None:
    assert sklearn_version(dumped(FOREST, compress=compress)) == sklearn.__version__


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_version_is_found_in_each_protocol(protocol: int) -> None:
    assert sklearn_version(pickle.dumps(FOREST, protocol=protocol)) == sklearn.__version__


@pytest.mark.parametrize("before", range(BLOCK_BYTES - 24, BLOCK_BYTES + 8, 4))
def test_key_across_two_blocks_is_found(before: int) -> None:
    data = b"." * before + b"_sklearn_version\x94\x8c\x051.9.1\x94s."

    assert sklearn_version(data) == "1.9.1"


def test_pickle_of_other_objects_has_no_version() -> None:
    assert sklearn_version(dumped([1])) is None


def test_key_without_a_text_has_no_version() -> None:
    assert sklearn_version(b"_sklearn_version\x94K\x01s.") is None


def test_pickle_is_not_executed() -> None:
    assert sklearn_version(evaluating("1 / 0")) is None
