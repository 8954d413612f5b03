"""Make the folder of the image small: `python3 prune.py /app`, with packages in site/ and the server in ml_census/.

Removed is what serving never needs: training, tests, sources of compiled modules, example data. Of a package's modules
one form stays: bytecode of those that a server with any scikit-learn model imports, so that it starts fast, and the
source of the others. Both would add a fifth to the image.
"""

import compileall
import importlib
import shutil
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

FOLDERS = ("ml_census/training", "site/bin", "site/sklearn/datasets/data", "site/sklearn/datasets/images")
NAMES = ("tests", "test", "__pycache__")
FILES = (  # 54 of the 155 MB of pyarrow: clients of Flight and S3, and second copies of libraries
    "site/pyarrow/*flight*",
    "site/pyarrow/*_s3*",
    "site/pyarrow/libarrow_*.so",
    "site/pyarrow/libarrow_*.so.*.*.*",
)
SUFFIXES = (".pyx", ".pxd", ".pxi", ".pyi", ".c", ".cpp", ".h", ".hpp", ".a", ".tp", ".build")
IMPORTED = (
    "ml_census.api.app",
    "ml_census.artifacts.reloader",
    "ml_census.cli.main",
    "ml_census.client",
    "ml_census.models.sandbox.child",
    "ml_census.server.server",
    "gcsfs",
)
WITH_SKLEARN = ("ml_census.models.pickles.estimator", "ml_census.models.publishing", "pandas")
WITH_PYARROW = ("ml_census.batch.run", "ml_census.protocols.tables.arrow_tables")


def main(root: Path) -> None:
    for folder in [*(root / name for name in FOLDERS), *(path for name in NAMES for path in root.rglob(name))]:
        shutil.rmtree(folder, ignore_errors=True)
    unused = {path for pattern in FILES for path in root.glob(pattern)}
    for path in unused | {path for path in root.rglob("*") if path.suffix in SUFFIXES}:
        path.unlink()

    sys.dont_write_bytecode = True
    sys.path[:0] = [str(root), str(root / "site")]
    for name in IMPORTED:
        importlib.import_module(name)
    if (root / "site/pyarrow").exists():
        for name in WITH_PYARROW:
            importlib.import_module(name)
    if (root / "site/sklearn").exists():
        for name in WITH_SKLEARN:
            importlib.import_module(name)
        importlib.import_module("sklearn.utils.discovery").all_estimators()  # imports every module that has one
    for source in {Path(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())}:
        if source.suffix == ".py" and source.is_relative_to(root):
            in_site = source.is_relative_to(root / "site")
            # the image never changes, so Python need not compare times or hashes
            compileall.compile_file(
                source, quiet=1, legacy=in_site, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
            )
            if in_site:
                source.unlink()


main(Path(sys.argv[1]))
