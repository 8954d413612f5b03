"""Build the predictor for a fitted estimator. The import of this module imports scikit-learn."""

from dataclasses import replace
from typing import Any

from ml_census.engine import probe
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import Predictor
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.errors import ArtifactError
from ml_census.models import schema_inference
from ml_census.models.manifest import SCHEMA, ModelFolder
from ml_census.models.pickles.load_errors import to_artifact_error
from ml_census.schema import Schema, SchemaError, schema_from_json
from ml_census.storage import json_file


def build_predictor(uri: str, model: Any, folder: ModelFolder, compiles: bool) -> tuple[Predictor, EngineInfo]:
    """Return the predictor for a fitted estimator, and the engine that GET /version reports.

    With `compiles`, the predictor is the compiled form if this form predicts sampled
    rows as scikit-learn does. Otherwise the predictor calls scikit-learn. `uri` is the
    URI of the pickle. Raises ArtifactError if the columns cannot be read from
    schema.json or the model, and MemoryError if memory is short.
    """
    predictor = sklearn_predictor(uri, model, folder)
    if not compiles:
        return predictor, EngineInfo("sklearn", reason="the configuration says compile: false")
    return compile_and_verify(predictor)


def sklearn_predictor(uri: str, model: Any, folder: ModelFolder) -> SklearnPredictor:
    """Return a predictor that calls scikit-learn, with the columns of schema.json or, without this file, of the model.

    `uri` is the URI of the pickle. Raises ArtifactError if schema.json is invalid, or
    if the file is missing and the columns cannot be read from the model.
    """
    data = folder.read_optional(SCHEMA)
    try:
        given = None if data is None else schema_from_json(json_file.parse(data))
        return SklearnPredictor(model, learn_schema(model) if given is None else add_dtypes(model, given))
    except (SchemaError, json_file.JsonError) as error:
        raise ArtifactError("model_path", uri if data is None else folder.uri(SCHEMA), str(error)) from error
    except Exception as error:  # an estimator of another package can raise any exception
        reason = f"cannot read the columns of the model: {type(error).__name__}: {error}; put a schema.json beside it"
        raise to_artifact_error("model_path", uri, error, reason) from error


def learn_schema(model: Any) -> Schema:
    """Return the schema of a fitted model. Types that the model does not state are found by test predictions.

    Raises SchemaError if the number of columns is unknown, or if the model takes no
    rows of values. An estimator of another package can raise any other exception.
    """
    return probe.probe_schema(model, schema_inference.infer_schema(model))


def add_dtypes(model: Any, given: Schema) -> Schema:
    """Return the schema `given`, where columns without a pandas dtype get the dtype that the model states.

    Returns `given` unchanged if the columns of the model cannot be read.
    """
    try:
        dtypes = {column.name: column.dtype for column in schema_inference.infer_schema(model).columns if column.dtype}
    except Exception:  # a schema is given for models whose columns cannot be read
        return given
    columns = (replace(column, dtype=column.dtype or dtypes.get(column.name)) for column in given.columns)
    return Schema(tuple(columns), given.form)
