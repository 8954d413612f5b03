"""Write a compiled model to the bytes of compiled.npz, and read and check these bytes.

compiled.npz is a NumPy archive of the arrays of the model. All other data is JSON in
the array "document". The archive contains no pickle and no code. from_bytes() rejects
an archive with inconsistent contents.
"""

import io
import json

import numpy as np

from ml_census.engine.runtime.archive import (
    MAX_BYTES,
    Arrays,
    Document,
    check_archive,
    check_array_count,
    parse_document,
)
from ml_census.engine.runtime.archive import CompiledError as CompiledError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.composition import Composition, Model, Part
from ml_census.engine.runtime.encoders import CategoryEncoder, Encoder, ThresholdEncoder
from ml_census.engine.runtime.finite import NotFiniteError
from ml_census.engine.runtime.linear.layered_model import LayeredModel
from ml_census.engine.runtime.linear.layers import LAYERS, Layer
from ml_census.engine.runtime.linear.linear_model import (
    CategoryTable,
    FeatureMatrix,
    FoldedTable,
    LinearModel,
    NumericFeature,
)
from ml_census.engine.runtime.operations import OPERATIONS, Operation
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from ml_census.schema import Schema

FORMAT = 5
"""Version of the file format. Increase this number with every change that older code
cannot read."""
READABLE_FORMATS = (3, 4, FORMAT)
"""The versions that from_bytes() reads. Version 3 has no key "single" and no link of
XGBoost or LightGBM. Version 4 has no composed models, and fewer operations of numbers."""
TREE_ARRAYS = ("nodes", "bitsets", "roots", "outputs", "values", "base")


def to_bytes(compiled: CompiledPredictor) -> bytes:
    """Return the compiled model as the bytes of compiled.npz. The same model always has the same bytes."""
    text, arrays = _contents(compiled)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays, document=np.frombuffer(text, dtype=np.uint8))  # type: ignore[arg-type]
    return file.getvalue()


def require_readable(compiled: CompiledPredictor) -> None:
    """Raise CompiledError if the bytes of a compiled model would exceed a maximum of archive.py."""
    text, arrays = _contents(compiled)
    check_array_count(len(arrays) + 1)
    parse_document(text)


def _contents(compiled: CompiledPredictor) -> tuple[bytes, dict[str, np.ndarray]]:
    """Return the JSON document and the arrays of a compiled model."""
    scoring = compiled.scoring
    described, arrays = _dump_composition(scoring) if isinstance(scoring, Composition) else _dump_model(scoring)
    document = {
        "format": FORMAT,
        **{name: getattr(compiled, name) for name in ("classes", "link", "flat", "zero_is_second")},
        **described,
    }
    return json.dumps(document).encode(), arrays


def from_bytes(data: bytes, schema: Schema, limit: int = MAX_BYTES) -> CompiledPredictor:
    """Return the compiled model from the bytes that to_bytes() returned.

    `schema` has the input columns of the model, which the bytes do not contain. Raises
    CompiledError if the bytes are invalid, do not match the schema, expand to more than
    `limit` bytes, or exceed a maximum of archive.py.
    """
    try:
        check_archive(data, limit)
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return _load(parse_document(arrays["document"].tobytes()), arrays, schema)
    except CompiledError:
        raise
    except NotFiniteError as error:
        raise CompiledError(f"{error}: publish the model again") from error
    except Exception as error:  # zipfile, NumPy and json raise many kinds of exceptions for a damaged file
        reason = " ".join(str(error).split())[:200]
        raise CompiledError(f"not a compiled model: {type(error).__name__}: {reason}") from error


def _load(document: Document, arrays: Arrays, schema: Schema) -> CompiledPredictor:
    if document["format"] not in READABLE_FORMATS:
        readable = " and ".join(map(str, READABLE_FORMATS))
        raise CompiledError(f"format {document['format']}, this version reads {readable}: publish the model again")
    scoring = _load_composition(document, arrays) if "parts" in document else _load_model(document, arrays)
    settings = (document[name] for name in ("classes", "link", "flat", "zero_is_second"))
    return CompiledPredictor(schema, scoring, *settings)


def _dump_composition(composition: Composition) -> tuple[Document, dict[str, np.ndarray]]:
    parts: list[Document] = []
    arrays: dict[str, np.ndarray] = {}
    for index, part in enumerate(composition.parts):
        if isinstance(part.source, Operation):
            described: Document = {"operation": type(part.source).__name__, "fields": vars(part.source)}
        else:
            described, own = _dump_model(part.source)
            arrays |= {f"part{index}.{name}": array for name, array in own.items()}
        parts.append({"results": part.results, **described})
    return {"columns": composition.column_count, "parts": parts, "outputs": dict(composition.outputs)}, arrays


def _load_composition(document: Document, arrays: Arrays) -> Composition:
    own: dict[str, dict[str, np.ndarray]] = {}
    for key in arrays:
        part, _, name = key.partition(".")
        own.setdefault(part, {})[name] = arrays[key]
    parts = [
        Part(_load_source(entry, own.get(f"part{index}", {})), tuple(entry["results"]))
        for index, entry in enumerate(document["parts"])
    ]
    return Composition(document["columns"], parts, document["outputs"])


def _load_source(entry: Document, arrays: Arrays) -> Model | Operation:
    if "operation" in entry:
        return OPERATIONS[entry["operation"]](**entry["fields"])
    return _load_model(entry, arrays)


def _dump_model(model: Model) -> tuple[Document, dict[str, np.ndarray]]:
    if isinstance(model, TreeEnsemble):
        return _dump_trees(model)
    return _dump_layers(model) if isinstance(model, LayeredModel) else _dump_features(model)


def _load_model(document: Document, arrays: Arrays) -> Model:
    if "encoders" in document:
        return _load_trees(document, arrays)
    features = _load_features(document, arrays)
    return LayeredModel(features, _load_layers(document, arrays)) if "layers" in document else features


def _dump_trees(trees: TreeEnsemble) -> tuple[Document, dict[str, np.ndarray]]:
    arrays = {name: getattr(trees, name) for name in TREE_ARRAYS}
    encoders: list[Document] = []
    for index, encoder in enumerate(trees.encoders):
        entry, own = _dump_encoder(encoder, index)
        encoders.append(entry)
        arrays |= own
    return {"encoders": encoders, "divisor": trees.divisor, "single": trees.single}, arrays


def _load_trees(document: Document, arrays: Arrays) -> TreeEnsemble:
    encoders = [_load_encoder(entry, arrays, index) for index, entry in enumerate(document["encoders"])]
    settings: Document = {name: arrays[name] for name in TREE_ARRAYS}
    return TreeEnsemble(encoders, **settings, divisor=document["divisor"], single=document.get("single", False))


def _dump_layers(model: LayeredModel) -> tuple[Document, dict[str, np.ndarray]]:
    document, arrays = _dump_features(model.first)
    for index, layer in enumerate(model.layers):
        arrays |= {f"layer{index}_{name}": getattr(layer, name) for name in layer.dimensions}
    layers = [{"type": type(layer).__name__, "settings": layer.settings} for layer in model.layers]
    return document | {"layers": layers}, arrays


def _load_layers(document: Document, arrays: Arrays) -> list[Layer]:
    layers: list[Layer] = []
    for index, entry in enumerate(document["layers"]):
        layer = LAYERS[entry["type"]]
        own = {name: arrays[f"layer{index}_{name}"] for name in layer.dimensions}
        layers.append(layer(**own, **entry["settings"]))
    return layers


def _dump_features(features: FeatureMatrix) -> tuple[Document, dict[str, np.ndarray]]:
    document: Document = {
        "tables": [_dump_categories(table.encoder) | {"features": list(table.features)} for table in features.tables],
        "numbers": [
            {"feature": index, "column": feature.column, "operations": feature.operations}
            for index, feature in features.numbers
        ],
    }
    arrays = {f"table{index}": table.values for index, table in enumerate(features.tables)}
    if isinstance(features, LinearModel):
        arrays |= {"weights": features.weights, "base": features.base}
        document["folded"] = []
        for index, folded in enumerate(features.folded):
            entry, own = _dump_encoder(folded.encoder, index)
            document["folded"].append(entry)
            arrays |= own | {f"folded{index}": folded.contributions}
    return document, arrays


def _load_features(document: Document, arrays: Arrays) -> FeatureMatrix:
    tables = [
        CategoryTable(_load_categories(entry), entry["features"], arrays[f"table{index}"])
        for index, entry in enumerate(document["tables"])
    ]
    numbers = [
        (entry["feature"], NumericFeature(entry["column"], tuple(map(tuple, entry["operations"]))))
        for entry in document["numbers"]
    ]
    if "layers" in document and "folded" not in document:
        return FeatureMatrix(tables, numbers)
    folded = [
        FoldedTable(_load_encoder(entry, arrays, index), arrays[f"folded{index}"])
        for index, entry in enumerate(document["folded"])
    ]
    return LinearModel(tables, numbers, arrays["weights"], arrays["base"], folded)


def _dump_encoder(encoder: Encoder, index: int) -> tuple[Document, dict[str, np.ndarray]]:
    if isinstance(encoder, CategoryEncoder):
        return _dump_categories(encoder), {}
    entry: Document = {"column": encoder.column, "low": encoder.low, "high": encoder.high}
    entry |= {"rejected": sorted(encoder.rejected)} if encoder.rejected else {}
    return entry, {f"thresholds{index}": encoder.thresholds}


def _load_encoder(entry: Document, arrays: Arrays, index: int) -> Encoder:
    if "categories" in entry:
        return _load_categories(entry)
    settings = entry["low"], entry["high"], entry.get("rejected", ())
    return ThresholdEncoder(entry["column"], arrays[f"thresholds{index}"], *settings)


def _dump_categories(encoder: CategoryEncoder) -> Document:
    return {"column": encoder.column, "categories": encoder.values}


def _load_categories(entry: Document) -> CategoryEncoder:
    return CategoryEncoder(entry["column"], entry["categories"])
