#!/usr/bin/env python3
"""Fit, publish and serve every estimator of scikit-learn on every data set of tests/support/estimators.py.

Print a line for each model that the server rejects, or that predicts other values than its own predict method. Then
print the number of models by result. Exit with 1 if a model predicts other values or fails with an internal error. Run
this script with .venv/bin/python after an update of scikit-learn or pandas. A run takes minutes.

  ci/sweep.py [DATA ...]    only the data sets with these names
"""

import collections
import sys
import tempfile
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
warnings.simplefilter("ignore")

from support import estimator_sweep, estimators  # noqa: E402

counts: collections.Counter[tuple[str, str]] = collections.Counter()
for name, data, model in estimator_sweep.models_that_predict(sys.argv[1:] or estimators.DATA):
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = estimator_sweep.outcome(name, data, model, Path(folder))
        except Exception as error:  # an unexpected error is a bug: count it
            found = estimator_sweep.Outcome(name, data, "fails", f"{type(error).__name__}: {error}")
    counts[data, found.kind] += 1
    if found.kind not in ("compiled", "sklearn"):
        print(f"{found.kind}: {name} on {data}: {found.reason}", flush=True)
    elif any(word in found.reason for word in estimator_sweep.INTERNAL):
        print(f"reason: {name} on {data}: {found.reason}", flush=True)
for (data, kind), count in sorted(counts.items()):
    print(f"{data:12}{kind:10}{count:5}")
print({kind: sum(n for (_, each), n in counts.items() if each == kind) for kind in sorted({k for _, k in counts})})
sys.exit(any(kind in ("fails", "differs") for _, kind in counts))
