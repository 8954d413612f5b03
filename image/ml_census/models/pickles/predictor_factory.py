"""From an estimator to the predictor that serves it. Importing this module imports scikit-learn."""

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
    """Return the predictor for a fitted estimator, and the engine for /version.

    With `compiles` the predictor is the compiled form, if there is one and it is verified. Raises ArtifactError.
    """
    predictor = sklearn_predictor(uri, model, folder)
    if not compiles:
        return predictor, EngineInfo("sklearn", reason="the configuration says compile: false")
    return compile_and_verify(predictor)


def sklearn_predictor(uri: str, model: Any, folder: ModelFolder) -> SklearnPredictor:
    """Return scikit-learn's predictor with the columns of schema.json, or else of the model. Raises ArtifactError."""
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
    """Return the columns that the model states; predictions of examples show the other types. Raises SchemaError."""
    return probe.probe_schema(model, schema_inference.infer_schema(model))


def add_dtypes(model: Any, given: Schema) -> Schema:
    """Return the schema with the dtypes that the model states for columns without one."""
    try:
        dtypes = {column.name: column.dtype for column in schema_inference.infer_schema(model).columns if column.dtype}
    except Exception:  # the operator gives a schema for models that do not state their columns
        return given
    columns = (replace(column, dtype=column.dtype or dtypes.get(column.name)) for column in given.columns)
    return Schema(tuple(columns), given.form)
