"""Trusted globals in a pickle, files that a model would read, and the joblib version that guards arrays."""

import io
import subprocess
import sys
from pathlib import Path

import joblib
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ml_census.models.pickles import restricted_unpickler
from ml_census.models.pickles.placeholders import ReadsFilesError
from support import harmful_module


@pytest.mark.parametrize(
    "name", ["support.harmful_module.system", "support.harmful_module.os", "support.harmful_module.loads"]
)
def test_trusted_global_of_another_module_is_rejected(name: str, tmp_path: Path) -> None:
    module, _, attribute = name.rpartition(".")
    data = f"c{module}\n{attribute}\n(V touch {tmp_path / 'canary'}\ntR.".encode()

    with pytest.raises(restricted_unpickler.ForbiddenGlobalError, match=name):
        restricted_unpickler.restricted_load(data, [name])

    assert not (tmp_path / "canary").exists()


def test_trusted_global_of_the_standard_library_is_rejected() -> None:
    """A manifest can list it, and text has no module: the name alone must be enough to reject it."""
    with pytest.raises(restricted_unpickler.ForbiddenGlobalError, match="this.s"):
        restricted_unpickler.restricted_load(b"cthis\ns\n.", ["this.s"])


def test_trusted_global_of_its_own_module_is_loaded() -> None:
    file = io.BytesIO()
    joblib.dump(harmful_module.evaluate, file)

    assert (
        restricted_unpickler.restricted_load(file.getvalue(), ["support.harmful_module.evaluate"])
        is harmful_module.evaluate
    )


def test_vectorizer_of_files_is_rejected_as_trusted_subclass() -> None:
    file = io.BytesIO()
    joblib.dump(make_pipeline(harmful_module.Vectorizer(input="filename")), file)

    with pytest.raises(ReadsFilesError, match="Vectorizer"):
        restricted_unpickler.restricted_load(file.getvalue(), ["support.harmful_module.Vectorizer"])


OLD_JOBLIB = """
import pickle, sys
from joblib import numpy_pickle

def read_array(self, unpickler, ensure_native_byte_order):
    return pickle.load(unpickler.file_handle)  # as joblib 1.5 reads arrays of objects

numpy_pickle.NumpyArrayWrapper.read_array = read_array
import ml_census.models.pickles.restricted_unpickler
"""


@pytest.mark.slow
def test_joblib_that_reads_object_arrays_unguarded_is_rejected() -> None:
    done = subprocess.run([sys.executable, "-c", OLD_JOBLIB], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "install joblib>=1.6,<1.7" in done.stderr


def test_pipeline_with_a_cache_is_loaded_without_the_cache(tmp_path: Path) -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression(), memory=joblib.Memory(tmp_path, verbose=0))
    model.fit([[0.0], [1.0]], [0, 1])
    file = io.BytesIO()
    joblib.dump(model, file)

    loaded = restricted_unpickler.restricted_load(file.getvalue(), ())

    assert loaded.memory is None
    assert loaded.predict([[0.0], [1.0]]).tolist() == [0, 1]
