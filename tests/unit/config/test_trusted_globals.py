"""Trusted globals: no configuration permits a global by which a pickle could reach any other."""

import importlib.metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from ml_census import config
from ml_census.config import trusted_globals
from ml_census.errors import ArtifactError, ConfigError
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
def test_global_that_reaches_others_is_rejected(tmp_path: Path, name: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"model_path: a\nusers: b\nsecret: c\ntrusted_globals: [{name}]\n")

    with pytest.raises(ConfigError, match=f"trusted_globals: {name}: "):
        config.load(str(path))
    with pytest.raises(ArtifactError, match=f"--trusted-global: {name}: "):
        publish_files("none.pkl", "out", None, None, None, [name])


@pytest.mark.parametrize(
    "name", ["xgboost.sklearn.XGBClassifier", "xgboost.core.Booster", "lightgbm.basic.Booster", "mylib.date_parts"]
)
def test_global_of_another_package_can_be_trusted(name: str) -> None:
    assert trusted_globals.rejection_reason(name) is None


@pytest.mark.parametrize("name", ["system", "os", "loads"])
def test_object_of_another_module_is_rejected(name: str) -> None:
    assert trusted_globals.object_rejection_reason(getattr(harmful_module, name))


def test_object_of_its_own_module_is_accepted() -> None:
    assert trusted_globals.object_rejection_reason(harmful_module.evaluate) is None


@pytest.mark.slow
def test_libraries_are_all_dependencies() -> None:
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
