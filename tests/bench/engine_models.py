"""The tree models that ci/bench --engines compares, each fitted on the census data."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.pipeline import make_pipeline
from xgboost import XGBClassifier

from bench.servers import log
from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.links import LINKS
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from ml_census.models.pickles.predictor_factory import learn_schema
from ml_census.training.census import datasets
from ml_census.training.census.pipelines import RECIPES


@dataclass(frozen=True)
class Case:
    """A fitted pipeline whose last step is a tree model, with its compiled form and the test rows."""

    name: str
    pipeline: Any
    rows: pd.DataFrame
    as_input: Any
    """Function that converts a DataFrame to the input of `pipeline`."""
    dtype: type[np.floating[Any]]
    """The type of the numbers that the model compares."""

    @property
    def model(self) -> Any:
        """The last step of the pipeline."""
        return self.pipeline[-1]

    @cached_property
    def compiled(self) -> CompiledPredictor:
        """The compiled form of the whole pipeline."""
        return compile_model(self.pipeline, learn_schema(self.pipeline))

    @property
    def trees(self) -> TreeEnsemble:
        """The compiled trees."""
        assert isinstance(self.compiled.scoring, TreeEnsemble)
        return self.compiled.scoring

    @cached_property
    def expected(self) -> np.ndarray:
        """Probabilities of the second class by the model's library, for all test rows: (rows,)."""
        return np.asarray(self.model.predict_proba(self._matrix))[:, 1]

    @cached_property
    def _matrix(self) -> np.ndarray:
        matrix = self.pipeline[:-1].transform(self.as_input(self.rows))
        return np.ascontiguousarray(matrix, dtype=self.dtype)

    def first(self, count: int) -> pd.DataFrame:
        """Return `count` rows: the test rows, repeated if necessary."""
        return self.rows.iloc[np.arange(count) % len(self.rows)]

    def matrix(self, count: int) -> np.ndarray:
        """Return the numbers that the tree model gets for `count` rows: (count, features)."""
        return self._matrix[np.arange(count) % len(self._matrix)]

    def inputs(self, count: int) -> Any:
        """Return `count` rows as the pipeline takes them."""
        return self.as_input(self.first(count))

    def columns(self, count: int) -> list[list[Any]]:
        """Return `count` rows as ml-census takes them: a list of values for each column."""
        return [self.first(count)[name].tolist() for name in self.rows]

    def codes(self, count: int) -> np.ndarray:
        """Return the codes of `count` rows: uint32 (count, columns)."""
        return self.trees.codes(self.columns(count))

    def probabilities(self, codes: np.ndarray) -> np.ndarray:
        """Return the probability of the second class for rows of codes: (rows,)."""
        scores = self.trees.scores_of_codes(codes)
        return np.asarray(LINKS[self.compiled.link or "identity"](scores))[:, 1]

    @cached_property
    def treelite(self) -> Any:
        """The model in the format of treelite."""
        import treelite

        if isinstance(self.model, XGBClassifier):
            return treelite.frontend.from_xgboost(self.model.get_booster())
        if isinstance(self.model, LGBMClassifier):
            return treelite.frontend.from_lightgbm(self.model.booster_)
        return treelite.sklearn.import_model(self.model)

    def onnx(self) -> bytes:
        """Return the model in the format ONNX. Raises an exception if the converter does not support the model."""
        import onnxmltools
        import skl2onnx
        from onnxmltools.convert.common.data_types import FloatTensorType

        inputs = [("input", FloatTensorType([None, self._matrix.shape[1]]))]
        if isinstance(self.model, XGBClassifier):
            converted = onnxmltools.convert_xgboost(self.model, initial_types=inputs)
        elif isinstance(self.model, LGBMClassifier):
            converted = onnxmltools.convert_lightgbm(self.model, initial_types=inputs, zipmap=False)
        else:
            log(f"{self.name}: converting to ONNX")
            converted = skl2onnx.to_onnx(self.model, self.matrix(1).astype(np.float32), options={"zipmap": False})
        return bytes(converted.SerializeToString())

    def lightgbm_file(self, folder: Path) -> str:
        """Return the path of the model in LightGBM's text format. Raises TypeError for another library."""
        if not isinstance(self.model, LGBMClassifier):
            raise TypeError("reads models of LightGBM only")
        path = folder / f"{self.name}.txt"
        self.model.booster_.save_model(path)
        return str(path)


def cases(folder: Path, source: str) -> Iterator[Case]:
    """Yield the models: the recipes that are published in `folder`, then boosting of XGBoost and LightGBM."""
    data = datasets.load(source)
    for recipe, dtype in (("article", np.float32), ("boosted", np.float64)):
        pipeline = joblib.load(folder / f"{recipe}-{Path(source).name}" / "model.pkl")
        yield Case(recipe, pipeline, data.test, RECIPES[recipe].to_model_input, dtype)
    encoder = pipeline[0]
    common = {"n_estimators": 400, "learning_rate": 0.05, "n_jobs": 1, "random_state": 0}
    xgboost = XGBClassifier(max_leaves=24, grow_policy="lossguide", tree_method="hist", **common)
    lightgbm = LGBMClassifier(num_leaves=24, verbose=-1, **common)
    for name, model, dtype in (("xgboost", xgboost, np.float32), ("lightgbm", lightgbm, np.float64)):
        log(f"fitting {name}")
        matrix = np.asarray(encoder.transform(data.train))
        fitted = make_pipeline(encoder, model.fit(matrix, data.train_labels))
        yield Case(name, fitted, data.test, lambda rows: rows, dtype)
