"""compiled.npz: what is written is read, and whatever else is in it is a CompiledError, never a crash."""

import io
import json
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.predictor import PredictionError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.serialization import CompiledError, from_bytes, to_bytes
from ml_census.models.schema_inference import infer_schema
from ml_census.schema.schema import Columns
from ml_census.schema.schema import from_json as schema_of
from support.compile_cases import alike
from support.sample_models import SAMPLE_MODELS, SampleModel

COMPILING = sorted(SAMPLE_MODELS.keys() - {"clusters", "documents"})
TREES, LINEAR, REGRESSOR = "positions", "dataframe", "regressor"


@cache
def compiled(name: str) -> CompiledPredictor:
    model = SAMPLE_MODELS[name]().model
    return compile_model(model, infer_schema(model))


@cache
def written(name: str) -> bytes:
    return to_bytes(compiled(name))


def columns_of(name: str, sample_model: Callable[[str], SampleModel], count: int = 100) -> Columns:
    return compiled(name).schema.clean(sample_model(name).rows[:count]).columns


@pytest.mark.parametrize("name", COMPILING)
def test_what_is_written_is_read(sample_model: Callable[[str], SampleModel], name: str) -> None:
    """With the schema as it is published."""
    made = compiled(name)
    schema = schema_of(json.dumps(made.schema.to_json()).encode())
    columns = columns_of(name, sample_model)

    read = from_bytes(written(name), schema)

    assert (read.classes, read.has_probabilities) == (made.classes, made.has_probabilities)
    assert read.predict(columns) == made.predict(columns) == sample_model(name).answers[: len(columns[0])]
    assert not made.has_probabilities or read.probabilities(columns) == made.probabilities(columns)
    alike(read, made, [values[:1] for values in columns])


@pytest.mark.parametrize("name", COMPILING)
def test_the_same_model_is_the_same_bytes(name: str) -> None:
    model = SAMPLE_MODELS[name]().model

    assert to_bytes(compile_model(model, infer_schema(model))) == written(name)


@pytest.mark.parametrize("name", [TREES, LINEAR])
def test_a_flipped_byte_is_found_or_changes_nothing(sample_model: Callable[[str], SampleModel], name: str) -> None:
    random = np.random.default_rng(0)
    columns, data = columns_of(name, sample_model, 20), written(name)
    answers = compiled(name).predict(columns), compiled(name).probabilities(columns)
    escaped = []
    for place in random.integers(0, len(data), 300).tolist():
        bad = bytearray(data)
        bad[place] ^= int(random.integers(1, 256))
        try:
            read = from_bytes(bytes(bad), compiled(name).schema)
            if (read.predict(columns), read.probabilities(columns)) != answers:
                escaped.append(f"byte {place}: other answers")
        except CompiledError:
            continue
        except Exception as error:
            escaped.append(f"byte {place}: {type(error).__name__}: {error}")

    assert not escaped, "\n".join(escaped)


@pytest.mark.parametrize("name", [TREES, LINEAR])
def test_a_file_cut_short_is_refused(name: str) -> None:
    data = written(name)
    for length in [*range(0, len(data), len(data) // 60 + 1), len(data) - 1]:
        with pytest.raises(CompiledError):
            from_bytes(data[:length], compiled(name).schema)


def taken_apart(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    with np.load(io.BytesIO(written(name))) as file:
        arrays = {key: file[key] for key in file.files}
    return json.loads(arrays.pop("document").tobytes()), arrays


def put_together(document: Any, arrays: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    np.savez_compressed(file, document=np.frombuffer(text, dtype=np.uint8), **arrays)  # type: ignore[arg-type]
    return file.getvalue()


Evil = Callable[[dict[str, Any], dict[str, Any]], Any]


def array(name: str, change: Callable[[np.ndarray], Any]) -> Evil:
    return lambda document, arrays: arrays.update({name: change(arrays[name])})


def item(name: str, place: Any, value: Any) -> Evil:
    def change(found: np.ndarray) -> np.ndarray:
        found = found.copy()
        found[place] = value
        return found

    return array(name, change)


def said(*keys: Any, value: Any) -> Evil:
    def change(document: dict[str, Any], arrays: dict[str, Any]) -> None:
        at: Any = document
        for key in keys[:-1]:
            at = at[key]
        at[keys[-1]] = value

    return change


def unsaid(*keys: Any) -> Evil:
    def change(document: dict[str, Any], arrays: dict[str, Any]) -> None:
        at: Any = document
        for key in keys[:-1]:
            at = at[key]
        del at[keys[-1]]

    return change


INNER = 0  # the root of the tree of "positions" is no leaf
NUMBER, CATEGORY = 0, 1  # the encoders of its columns "age" and "workclass"

EVIL_TREES: dict[str, Evil] = {
    "a child that is its parent": item("nodes", (INNER, 3), 0),
    "a child before its parent": item("nodes", (1, 3), 0),
    "a child that does not exist": item("nodes", (INNER, 3), 2**31),
    "a second child that does not exist": lambda document, arrays: item("nodes", (INNER, 3), len(arrays["nodes"]) - 1)(
        document, arrays
    ),
    "children beyond 32 bits": item("nodes", (INNER, 3), 2**32 - 1),
    "a column that does not exist": item("nodes", (INNER, 0), 77),
    "a set that does not exist": item("nodes", (INNER, slice(0, 2)), [2**31 + 1, 2**31]),
    "a set of a number": lambda document, arrays: (
        item("nodes", (INNER, slice(0, 2)), [2**31 + NUMBER, 0])(document, arrays),
        arrays.update(bitsets=np.zeros(9, np.uint32)),
    ),
    "a set that is too short": lambda document, arrays: (
        item("nodes", (INNER, slice(0, 2)), [2**31 + CATEGORY, 0])(document, arrays),
        arrays.update(bitsets=np.zeros(0, np.uint32)),
        said("encoders", CATEGORY, "categories", value=[str(place) for place in range(40)])(document, arrays),
    ),
    "a leaf value that does not exist": array(
        "nodes", lambda nodes: np.where(nodes[:, 2:3] == 2**32 - 1, nodes | [[0, 2**20, 0, 0]], nodes).astype(np.uint32)
    ),
    "a leaf that is not its own child": array(
        "nodes",
        lambda nodes: np.where(nodes[:, 2:3] == 2**32 - 1, nodes & [[2**32 - 1] * 3 + [0]], nodes).astype(np.uint32),
    ),
    "a leaf that asks a set": array(
        "nodes", lambda nodes: np.where(nodes[:, 2:3] == 2**32 - 1, nodes | [[2**31, 0, 0, 0]], nodes).astype(np.uint32)
    ),
    "a root that does not exist": item("roots", 0, 10**6),
    "no roots": lambda document, arrays: arrays.update(roots=arrays["roots"][:0], outputs=arrays["outputs"][:0]),
    "an output that does not exist": item("outputs", 0, 1),
    "an output beyond 32 bits": item("outputs", 0, 2**32 - 1),
    "fewer outputs than roots": array("outputs", lambda found: found[:0]),
    "no nodes": array("nodes", lambda nodes: nodes[:0]),
    "nodes of three": array("nodes", lambda nodes: nodes[:, :3]),
    "nodes of five": array("nodes", lambda nodes: np.pad(nodes, ((0, 0), (0, 1)))),
    "nodes in one line": array("nodes", np.ravel),
    "nodes in columns": array("nodes", np.asfortranarray),
    "nodes of int64": array("nodes", lambda nodes: nodes.astype(np.int64)),
    "nodes of other bytes": array("nodes", lambda nodes: nodes.astype(">u4")),
    "nodes of text": array("nodes", lambda nodes: nodes.astype(str)),
    "values of float32": array("values", lambda values: values.astype(np.float32)),
    "values of no width": array("values", lambda values: values[:, :0]),
    "wider values": array("values", lambda values: np.repeat(values, 2, axis=1)),
    "sets of int8": array("bitsets", lambda bitsets: bitsets.astype(np.int8)),
    "no base": array("base", lambda base: base[:0]),
    "a base of one more": array("base", lambda base: np.append(base, 0.0)),
    "a base that is no list": array("base", lambda base: base[0]),
    "thresholds with NaN": item("thresholds0", 1, np.nan),
    "thresholds in disorder": array("thresholds0", lambda found: found[::-1].copy()),
    "thresholds of two axes": array("thresholds0", lambda found: found[:, np.newaxis]),
    "thresholds of text": array("thresholds0", lambda found: found.astype(str)),
    "thresholds of complex numbers": array("thresholds0", lambda found: found.astype(complex)),
    "thresholds of one": array("thresholds0", lambda found: found[0]),
    "pickled objects": array("thresholds0", lambda found: found.astype(object)),
    "pickled nodes": array("nodes", lambda nodes: nodes.astype(object)),
    "no thresholds": lambda document, arrays: arrays.pop("thresholds0"),
    "no roots at all": lambda document, arrays: arrays.pop("roots"),
    "divisor 0": said("divisor", value=0),
    "divisor -1": said("divisor", value=-1),
    "divisor of text": said("divisor", value="2"),
    "divisor 1.5": said("divisor", value=1.5),
    "divisor null": said("divisor", value=None),
    "no divisor": unsaid("divisor"),
    "encoders as text": said("encoders", value="abcd"),
    "encoders as numbers": said("encoders", value=[1, 2]),
    "no encoders of the list": said("encoders", value=[]),
    "an encoder of nothing": said("encoders", NUMBER, value={}),
    "a column before the first": said("encoders", NUMBER, "column", value=-1),
    "a column beyond the schema": said("encoders", NUMBER, "column", value=4),
    "a column as text": said("encoders", NUMBER, "column", value="age"),
    "a column as a fraction": said("encoders", NUMBER, "column", value=0.5),
    "a column as a float": said("encoders", NUMBER, "column", value=0.0),
    "a column as true": said("encoders", CATEGORY, "column", value=True),
    "a column as null": said("encoders", NUMBER, "column", value=None),
    "a column as a list": said("encoders", NUMBER, "column", value=[0]),
    "a number of a category": said("encoders", NUMBER, "column", value=1),
    "a category of a number": said("encoders", CATEGORY, "column", value=0),
    "categories as text": said("encoders", CATEGORY, "categories", value="abcd"),
    "categories as a number": said("encoders", CATEGORY, "categories", value=4),
    "categories as an object": said("encoders", CATEGORY, "categories", value={"a": 1, "b": 2, "c": 3, "d": 4}),
    "a category that is a list": said("encoders", CATEGORY, "categories", value=[[1], "b", "c", "d"]),
    "low as text": said("encoders", NUMBER, "low", value="0"),
    "high as null": said("encoders", NUMBER, "high", value=None),
    "low that is NaN": said("encoders", NUMBER, "low", value=float("nan")),
}
EVIL_LINEAR: dict[str, Evil] = {
    "weights of text": array("weights", lambda weights: weights.astype(str)),
    "weights of complex numbers": array("weights", lambda weights: weights.astype(complex)),
    "weights of three axes": array("weights", lambda weights: weights[np.newaxis]),
    "a weight that is no list": array("weights", lambda weights: weights[0, 0]),
    "a weight too few": array("weights", lambda weights: weights[:, 1:]),
    "a line of weights too many": array("weights", lambda weights: np.vstack([weights, weights])),
    "pickled weights": array("weights", lambda weights: weights.astype(object)),
    "a base of three": array("base", lambda base: np.zeros(3)),
    "no base": array("base", lambda base: base[:0]),
    "a base of text": array("base", lambda base: base.astype(str)),
    "a base of two axes": array("base", lambda base: base[np.newaxis, np.newaxis]),
    "a table too short": array("table0", lambda lines: lines[1:]),
    "a table of text": array("table0", lambda lines: lines.astype(str)),
    "a table of complex numbers": array("table0", lambda lines: lines.astype(complex)),
    "no table": lambda document, arrays: arrays.pop("table0"),
    "places as fractions": said("tables", 0, "features", value=[0.0, 1.0, 2.0, 3.0]),
    "places as truth": lambda document, arrays: document["tables"][0].update(
        features=[False, True, *document["tables"][0]["features"][2:]]
    ),
    "places as text": said("tables", 0, "features", value="0123"),
    "a place of null": said("numbers", 0, "feature", value=None),
    "a column as text": said("tables", 0, "column", value="workclass"),
    "a column as a fraction": said("tables", 0, "column", value=1.0),
    "a number's column as text": said("numbers", 0, "column", value="0"),
    "a number of a category": said("numbers", 0, "column", value=1),
    "a table of a number": said("tables", 0, "column", value=0),
    "an operation that is not known": said("numbers", 0, "operations", value=[["power", 2.0]]),
    "an operation of nothing": said("numbers", 0, "operations", value=[[]]),
    "an operation with too few numbers": said("numbers", 0, "operations", value=[["clip", 1.0]]),
    "an operation with too many numbers": said("numbers", 0, "operations", value=[["add", 1.0, 2.0, 3.0]]),
    "an operation with text": said("numbers", 0, "operations", value=[["add", "1"]]),
    "an operation with null": said("numbers", 0, "operations", value=[["add", None]]),
    "an operation with a list": said("numbers", 0, "operations", value=[["add", [1.0, 2.0]]]),
    "operations as text": said("numbers", 0, "operations", value="add"),
    "an operation as text": said("numbers", 0, "operations", value=["add"]),
    "no tables": unsaid("tables"),
    "numbers as an object": said("numbers", value={"place": 1}),
}
EVIL_EVERYWHERE: dict[str, Evil] = {
    "another format": said("format", value=2),
    "no format": unsaid("format"),
    "a link that is not known": said("link", value="tanh"),
    "a link that is a list": said("link", value=["identity"]),
    "no link": unsaid("link"),
    "a class too few": said("classes", value=[0]),
    "no class": said("classes", value=[]),
    "a class too many": said("classes", value=[0, 1, 2]),
    "classes as text": said("classes", value="01"),
    "classes as an object": said("classes", value={"0": 1, "1": 2}),
    "classes as a number": said("classes", value=2),
    "a class that is a list": said("classes", value=[[0], [1]]),
    "flat as text": said("flat", value="no"),
    "zero_is_second as a number": said("zero_is_second", value=7),
}


def attempt(name: str, data: bytes, columns: Columns) -> str | None:
    """What was wrong with how a file was refused; None: it was a CompiledError."""
    try:
        read = from_bytes(data, compiled(name).schema)
    except CompiledError as error:
        return None if "\n" not in str(error) else f"more than one line: {error}"
    except Exception as error:
        return f"reading raises {type(error).__name__}: {error}"
    try:
        read.predict(columns)
        read.predict([values[:1] for values in columns])
        if read.has_probabilities:
            read.probabilities(columns)
    except PredictionError as error:
        return f"read, and refuses rows: {error.__cause__!r}"
    except Exception as error:
        return f"read, then raises {type(error).__name__}: {error}"
    return "read and used"


@pytest.mark.parametrize(
    ("name", "evil"),
    [pytest.param(TREES, evil, id=f"trees: {what}") for what, evil in (EVIL_TREES | EVIL_EVERYWHERE).items()]
    + [pytest.param(LINEAR, evil, id=f"linear: {what}") for what, evil in (EVIL_LINEAR | EVIL_EVERYWHERE).items()]
    + [
        pytest.param(LINEAR, said("link", value="softmax"), id="softmax of one score"),
        pytest.param(TREES, said("link", value="logistic"), id="logistic of two scores"),
        pytest.param(REGRESSOR, said("link", value="softmax"), id="softmax of a number"),
        pytest.param(REGRESSOR, said("link", value=None), id="a number without a link"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    sample_model: Callable[[str], SampleModel], name: str, evil: Evil
) -> None:
    """When it is read: not when the first client asks."""
    document, arrays = taken_apart(name)
    assert attempt(name, put_together(document, arrays), columns_of(name, sample_model)) == "read and used"

    evil(document, arrays)

    assert attempt(name, put_together(document, arrays), columns_of(name, sample_model)) is None


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"\xff\xfe", b"null", b"[]", b"7", b'"format"', b"{}", b'{"format": 1}', b"[" * 100_000, b"9" * 5_000],
    ids=["nothing", "half", "no text", "null", "list", "number", "text", "empty", "format alone", "deep", "long"],
)
def test_a_document_that_is_none_is_refused(sample_model: Callable[[str], SampleModel], document: bytes) -> None:
    _, arrays = taken_apart(TREES)

    assert attempt(TREES, put_together(document, arrays), columns_of(TREES, sample_model)) is None


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return file.getvalue()


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


ZEROS = {"document.npy": npy(np.zeros(3))}


def header(shape: str, kind: str = "<f8") -> bytes:
    """An npy file that promises an array and holds none."""
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"\x93NUMPY", npy(np.zeros(3)), b"\x80\x04]\x94.",
        zipped({}), zipped({"document": b"{}"}), zipped({"document.npy": b"{}"}), zipped({"document.npy": b""}),
        zipped({"document.npy": header("(3,)")}), zipped({"document.npy": header("(-1,)")}),
        zipped({"document.npy": header("(10**9,)")}), zipped({"document.npy": header("(" * 200)}),
        zipped({"document.npy": header("(1000000000000000,)")}),
        zipped({"document.npy": header("(99999999999999999999999,)")}),
        zipped({"document.npy": header("(2,)", "O")}),
        zipped(ZEROS, zipfile.ZIP_LZMA), zipped(ZEROS, zipfile.ZIP_BZIP2),
        zipped(ZEROS).replace(b"\x08\x00", b"\x63\x00"),
        zipped(ZEROS).replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"),
    ],
    ids=[
        "nothing", "half a zip", "an empty zip's end", "half an array", "an array", "a pickle",
        "an empty zip", "no array", "bytes", "no bytes",
        "less than promised", "a negative shape", "a shape to calculate", "a shape that never ends",
        "a petabyte", "a shape beyond 64 bits",
        "objects",
        "LZMA", "bzip2", "an unknown method", "encrypted",
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(CompiledError):
        from_bytes(data, compiled(TREES).schema)


BOMB = """
import resource, sys, zipfile, io
from ml_census.engine.runtime.serialization import CompiledError, from_bytes
from ml_census.schema.schema import Schema
from ml_census.schema.column import Column

data = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
resource.setrlimit(resource.RLIMIT_AS, (2 * 1024**3, 2 * 1024**3))
try:
    from_bytes(data, Schema((Column("a", "number"),), "numbers"))
except CompiledError:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def bomb(member: str, megabytes: int) -> bytes:
    """A file that is sound but for one member: that one is of zeros, and many."""

    def deflated(data: bytes) -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)

    document, arrays = taken_apart(TREES)
    members = {f"{key}.npy": npy(value) for key, value in arrays.items()}
    members["document.npy"] = npy(np.frombuffer(json.dumps(document).encode(), dtype=np.uint8))
    file, name = io.BytesIO(), f"{member}.npy"
    with zipfile.ZipFile(file, "w") as made:
        for other in members.keys() - {name}:
            made.writestr(other, members[other])
        start = header(f"({megabytes * 2**20},)", "|u1")
        made.writestr(name, deflated(start) + deflated(bytes(2**20)) * megabytes + zlib.compress(b"", 9, -15))
        made.filelist[-1].compress_type = zipfile.ZIP_DEFLATED
        made.filelist[-1].file_size = len(start) + megabytes * 2**20
    return file.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("member", ["base", "document", "not asked for"])
def test_a_small_file_that_expands_to_much_memory_is_refused(member: str) -> None:
    """Before the memory is taken."""
    data = bomb(member, 3 * 1024)
    assert len(data) < 5 * 1024**2

    ended = subprocess.run([sys.executable, "-c", BOMB], input=data, capture_output=True)

    assert ended.returncode == 0, ended.stderr.decode()[-500:]
    assert int(ended.stdout) < 64, f"{int(ended.stdout)} MB were taken"
