"""No configuration adds a name by which a pickle could reach anything else."""

import importlib.metadata
import io
import subprocess
import sys
from pathlib import Path

import joblib
import pytest
from packaging.requirements import Requirement
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ml_census import config
from ml_census.config import trusted_globals
from ml_census.errors import ArtifactError, ConfigError
from ml_census.models import restricted_unpickler
from ml_census.models.publishing import publish_files
from support import harmful_module

REACHING = """
    builtins.getattr builtins.eval builtins.exec builtins.__import__ builtins.open builtins.compile
    __builtin__.eval functools.partial operator.attrgetter operator.methodcaller operator.call
    os.system posix.system subprocess.Popen importlib.import_module pickle.loads codecs.decode
    types.FunctionType runpy.run_path shutil.rmtree numpy.vectorize numpy.load numpy.memmap
    numpy.testing._private.utils.x numpy.f2py.crackfortran.param_eval pandas.read_pickle pandas.eval
    pandas.core.frame.DataFrame.eval joblib.load joblib.numpy_pickle.load joblib.memory.Memory
    scipy.io.loadmat cloudpickle.loads sklearn.datasets.load_files sklearn.externals.joblib.load
    dill._dill._create_function yaml.load requests.get gcsfs.GCSFileSystem ml_census.storage.write
    pip._internal.main torch.load __main__.Half
""".split()


@pytest.mark.parametrize("name", REACHING)
def test_no_configuration_takes_a_callable_that_reaches_others(tmp_path: Path, name: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"model_path: a\nusers: b\nsecret: c\ntrusted_globals: [{name}]\n")

    with pytest.raises(ConfigError, match=f"trusted_globals: {name}: "):
        config.load(str(path))
    with pytest.raises(ArtifactError, match=f"--trusted-global: {name}: "):
        publish_files("none.pkl", "out", None, None, None, [name])


@pytest.mark.parametrize(
    "name", ["xgboost.sklearn.XGBClassifier", "xgboost.core.Booster", "lightgbm.basic.Booster", "mylib.date_parts"]
)
def test_names_of_other_packages_can_be_trusted(name: str) -> None:
    assert trusted_globals.rejection_reason(name) is None


@pytest.mark.parametrize(
    "name", ["support.harmful_module.system", "support.harmful_module.os", "support.harmful_module.loads"]
)
def test_a_trusted_name_that_stands_for_an_object_of_others_is_refused(name: str, tmp_path: Path) -> None:
    module, _, attribute = name.rpartition(".")
    data = f"c{module}\n{attribute}\n(V touch {tmp_path / 'canary'}\ntR.".encode()

    with pytest.raises(restricted_unpickler.ForbiddenGlobalError, match=name):
        restricted_unpickler.load(data, [name])

    assert not (tmp_path / "canary").exists()


def test_trusted_name_of_pythons_library_is_refused() -> None:
    """A manifest can list the name, and text tells nothing of its module: the name alone must decide."""
    with pytest.raises(restricted_unpickler.ForbiddenGlobalError, match="this.s"):
        restricted_unpickler.load(b"cthis\ns\n.", ["this.s"])


def test_a_trusted_function_of_a_module_of_its_own_is_used() -> None:
    file = io.BytesIO()
    joblib.dump(harmful_module.evaluate, file)

    assert restricted_unpickler.load(file.getvalue(), ["support.harmful_module.evaluate"]) is harmful_module.evaluate


def test_vectorizer_of_files_is_refused_also_as_a_trusted_subclass() -> None:
    file = io.BytesIO()
    joblib.dump(make_pipeline(harmful_module.Vectorizer(input="filename")), file)

    with pytest.raises(restricted_unpickler.ReadsFilesError, match="Vectorizer"):
        restricted_unpickler.load(file.getvalue(), ["support.harmful_module.Vectorizer"])


@pytest.mark.slow
def test_the_libraries_are_all_that_the_package_depends_on() -> None:
    """A new dependency must be added to the list."""
    found: set[str] = set()
    todo = ["ml-census"]
    while todo:
        name = todo.pop()
        try:
            requirements = [Requirement(each) for each in importlib.metadata.requires(name) or []]
        except importlib.metadata.PackageNotFoundError:  # of another system
            continue
        found.add(name.lower().replace("_", "-"))
        for each in requirements:
            extras = ("", "sklearn", "train") if name == "ml-census" else ("",)
            if not each.marker or any(each.marker.evaluate({"extra": extra}) for extra in extras):
                todo += [] if each.name.lower().replace("_", "-") in found else [each.name]
    modules = importlib.metadata.packages_distributions()
    names = {
        module for module, owners in modules.items() if {each.lower().replace("_", "-") for each in owners} & found
    }

    assert {name for name in names if "__" not in name} - trusted_globals.LIBRARIES - trusted_globals.LOADERS == set()


OLD_JOBLIB = """
import pickle, sys
from joblib import numpy_pickle

def read_array(self, unpickler, ensure_native_byte_order):
    return pickle.load(unpickler.file_handle)  # as joblib 1.5 reads arrays of objects

numpy_pickle.NumpyArrayWrapper.read_array = read_array
import ml_census.models.restricted_unpickler
"""


@pytest.mark.slow
def test_a_joblib_that_reads_arrays_of_objects_unguarded_is_refused() -> None:
    done = subprocess.run([sys.executable, "-c", OLD_JOBLIB], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "install joblib>=1.6,<1.7" in done.stderr


def test_pipeline_that_caches_its_steps_loads_without_the_cache(tmp_path: Path) -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression(), memory=joblib.Memory(tmp_path, verbose=0))
    model.fit([[0.0], [1.0]], [0, 1])
    file = io.BytesIO()
    joblib.dump(model, file)

    loaded = restricted_unpickler.load(file.getvalue(), ())

    assert loaded.memory is None
    assert loaded.predict([[0.0], [1.0]]).tolist() == [0, 1]
