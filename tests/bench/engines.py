"""Compare the compiled engine with other engines for tree models, in one process and on one core."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.engine_models import Case
from bench.report import Panel, draw
from bench.servers import BenchError, log

LIBRARIES = Path(__file__).parents[2] / "build/bench/engines"
PACKAGES = (
    *("treelite==4.8.1", "tl2cgen==1.0.0", "onnxruntime==1.32.0", "skl2onnx==1.20.0", "onnxmltools==1.16.0"),
    *("lleaves==1.3.0", "llvmlite<0.45"),
)
SIZES = (1, 100, 1000, 100_000)
"""Numbers of rows in one call."""
MAX_COMPILED_NODES = 100_000
"""Maximum number of nodes that tl2cgen and lleaves compile. gcc takes hours for the
1.1 million nodes of the article's forest."""
MIN_SECONDS = 0.1
"""Minimum CPU time of one measurement."""

Predict = Callable[[Any], np.ndarray]
"""Function that returns the probability of the second class for each row of an
input."""


@dataclass(frozen=True)
class Engine:
    """An engine: how it takes rows, and how it predicts them. `load` raises an exception if the engine cannot."""

    name: str
    load: Callable[[Case], Predict]
    take: Callable[[Case, int], Any] = lambda case, count: case.matrix(count)
    """Function that returns the first `count` rows as the engine takes them; not
    timed."""


@dataclass
class EngineResult:
    """Figures of one engine with one model, or in `failure` the reason why there are none."""

    model: str
    engine: str
    microseconds: dict[int, list[float]] = field(default_factory=dict)
    """Rows of a call -> CPU time for each row in microseconds, for each round."""
    other_bits: int = 0
    """Number of test rows whose probability is not that of the model's library to the
    last bit."""
    other_classes: int = 0
    """Number of test rows with another class."""
    failure: str = ""

    def median(self, count: int) -> float:
        """Return the CPU time for each row in microseconds, for calls of `count` rows."""
        return statistics.median(self.microseconds[count])


Loaded = tuple[EngineResult, Engine, Predict | None]


def install() -> None:
    """Install the other engines beside the packages of the tests, unless they are there."""
    done = LIBRARIES / "installed"
    if not (done.exists() and done.read_text().split() == list(PACKAGES)):
        log(f"installing {' '.join(PACKAGES)}")
        LIBRARIES.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip"]
        own = subprocess.run([*pip, "freeze", "--exclude-editable"], check=True, capture_output=True).stdout
        (versions := LIBRARIES / "constraints.txt").write_bytes(own)
        target = ["--target", str(LIBRARIES), "--constraint", str(versions)]
        if subprocess.run([*pip, "install", "--quiet", "--upgrade", *target, *PACKAGES]).returncode:
            raise BenchError("the other engines cannot be installed")
        done.write_text("\n".join(PACKAGES))
    sys.path.append(str(LIBRARIES))


def compare(cases: Iterable[Case], rounds: int) -> list[EngineResult]:
    """Return the figures of all engines for all models. The engines take turns."""
    results = []
    for case in cases:
        loaded = [_load(case, engine) for engine in ENGINES]
        results += [result for result, _, _ in loaded]
        for count in SIZES:
            log(f"{case.name}: calls of {count} rows")
            _measure(case, count, rounds, loaded)
    return results


def _measure(case: Case, count: int, rounds: int, loaded: list[Loaded]) -> None:
    inputs = [engine.take(case, count) if predict else None for _, engine, predict in loaded]
    for _ in range(rounds):
        for (result, _, predict), rows in zip(loaded, inputs, strict=True):
            if predict:
                result.microseconds.setdefault(count, []).append(_cpu_seconds(predict, rows) / count * 1e6)


def _load(case: Case, engine: Engine) -> Loaded:
    result = EngineResult(case.name, engine.name)
    try:
        predict = engine.load(case)
        actual = predict(engine.take(case, len(case.expected)))
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        result.failure = lines[0][:80]
        return result, engine, None
    result.other_bits = int((actual != case.expected).sum())
    result.other_classes = int(((actual > 0.5) != (case.expected > 0.5)).sum())
    return result, engine, predict


def _cpu_seconds(predict: Predict, rows: Any) -> float:
    """Return the CPU time of one call: the mean over as many calls as MIN_SECONDS need."""
    calls, seconds = 1, 0.0
    while True:
        start = time.process_time()
        for _ in range(calls):
            predict(rows)
        seconds = time.process_time() - start
        if seconds >= MIN_SECONDS:
            return seconds / calls
        calls = max(2 * calls, int(calls * MIN_SECONDS / max(seconds, 1e-4)))


def _compiled(case: Case) -> Predict:
    predictor = case.compiled
    return lambda columns: np.array(predictor.probabilities(columns))[:, 1]


def _kernel(case: Case) -> Predict:
    return case.probabilities


def _library(case: Case) -> Predict:
    return lambda matrix: np.asarray(case.model.predict_proba(matrix))[:, 1]


def _pipeline(case: Case) -> Predict:
    return lambda rows: np.asarray(case.pipeline.predict_proba(rows))[:, 1]


def _onnxruntime(case: Case) -> Predict:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # onnxruntime warns in each call of a model that LightGBM's converter wrote
    session = onnxruntime.InferenceSession(case.onnx(), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda matrix: session.run(None, {name: matrix})[1][:, 1]


def _treelite(case: Case) -> Predict:
    import treelite

    return partial(_second_class, partial(treelite.gtil.predict, case.treelite, nthread=1))


def _tl2cgen(case: Case) -> Predict:
    import tl2cgen

    _require_few_nodes(case)
    library = LIBRARIES / f"{case.name}.so"
    tl2cgen.export_lib(case.treelite, toolchain="gcc", libpath=library, params={"parallel_comp": 32})
    predictor = tl2cgen.Predictor(library, nthread=1)
    return partial(_second_class, lambda matrix: predictor.predict(tl2cgen.DMatrix(matrix, dtype=case.dtype.__name__)))


def _lleaves(case: Case) -> Predict:
    import lleaves

    model = lleaves.Model(model_file=case.lightgbm_file(LIBRARIES))
    model.compile()
    return lambda matrix: model.predict(matrix, n_jobs=1)


def _require_few_nodes(case: Case) -> None:
    if (count := len(case.trees.nodes)) > MAX_COMPILED_NODES:
        raise BenchError(f"not tried: {count:,} nodes take hours to compile")


def _second_class(predict: Predict, matrix: np.ndarray) -> np.ndarray:
    return np.asarray(predict(matrix)).reshape(len(matrix), -1)[:, -1]


ENGINES = (
    Engine("ml-census, from raw values", _compiled, lambda case, count: case.columns(count)),
    Engine("ml-census, trees alone", _kernel, lambda case, count: case.codes(count)),
    Engine("library, with its pipeline", _pipeline, lambda case, count: case.inputs(count)),
    Engine("library, trees alone", _library),
    Engine("onnxruntime, trees alone", _onnxruntime, lambda case, count: case.matrix(count).astype(np.float32)),
    Engine("treelite GTIL, trees alone", _treelite),
    Engine("tl2cgen, trees alone", _tl2cgen),
    Engine("lleaves, trees alone", _lleaves),
)
"""All engines but "from raw values" and "with its pipeline" get numbers that the
pipeline has already computed."""


def plot(results: Iterable[EngineResult]) -> str:
    """Return an SVG with bars of rows per second in calls of 1,000 rows."""
    by_model: dict[str, list[tuple[str, float]]] = {}
    for result in results:
        rate = 0.0 if result.failure else 1e6 / result.median(1000)
        by_model.setdefault(result.model, []).append((result.engine, rate))
    return draw("engines compared", [Panel(f"{name}, rows/s", bars) for name, bars in by_model.items()])


def table(results: Iterable[EngineResult]) -> str:
    """Return a Markdown table: rows per second and core by the number of rows in a call, and differing rows."""
    heads = ("model", "engine", *(f"{count:,}" for count in SIZES), "other bits", "other class")
    lines = [f"| {' | '.join(heads)} |", "| --- | --- |" + " ---: |" * (len(heads) - 2)]
    for result in results:
        cells = [result.failure] + [""] * (len(heads) - 3)
        if not result.failure:
            rates = [f"{1e6 / result.median(count):,.0f}" for count in SIZES]
            cells = [*rates, f"{result.other_bits:,}", f"{result.other_classes:,}"]
        lines.append(f"| {' | '.join((result.model, result.engine, *cells))} |")
    return "\n".join(lines)
