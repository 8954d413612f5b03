#!/usr/bin/env python3
"""Write docs/reference/compiled-models.md, the list of the steps and models that compile, from the rules of the code.

ci/generate-compile-docs.py           writes the page if its content changes
ci/generate-compile-docs.py --check   writes no file; exits with 1 if the page would change

The script fits each estimator of scikit-learn that has no rule, and compiles the fitted model. So the page has the
reason of the compiler. A class that compiles without a rule contains estimators or selects columns.
"""

import sys
import warnings
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/reference/compiled-models.md"
sys.path.insert(0, str(ROOT / "tests"))
warnings.simplefilter("ignore")

from sklearn.feature_selection import SelectorMixin  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.utils import all_estimators  # noqa: E402

from ml_census.engine.compiler import compiler  # noqa: E402
from ml_census.engine.compiler.boosters import booster_rules  # noqa: E402
from ml_census.engine.compiler.composed.support_vectors import SUPPORT_VECTORS  # noqa: E402
from ml_census.engine.compiler.pipeline import pipeline_tracer  # noqa: E402
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError  # noqa: E402
from ml_census.engine.compiler.pipeline.refusals import REASONS, no_rule  # noqa: E402
from ml_census.models.pickles.predictor_factory import learn_schema  # noqa: E402
from ml_census.schema import SchemaError  # noqa: E402
from support import estimators  # noqa: E402

DATA = ("classes", "regression", "binary", "outputs", "labels")
INTRODUCTION = """\
# What compiles

This page lists the estimators of scikit-learn, XGBoost and LightGBM that compile. `ci/generate-compile-docs.py` writes
the page from the rules of the code. [Compile and verify](../explanation/compile-and-verify.md) describes the method.
A step or a model of the list can have an option that does not compile. [Error
messages](error-messages.md#why-a-model-is-not-compiled-engine-of-version) lists these options.
"""
REFUSED = """\
## What scikit-learn itself predicts

scikit-learn predicts for a pipeline with one of these estimators. The reason is that of `engine.reason` of `/version`.
"""


def reason_of(owner: type, instances: Iterable[Any]) -> str | None:
    """Return why the estimators of a class do not compile; None if one of them compiles."""
    reasons = [no_rule(owner)]
    for estimator in [] if owner.__name__ in chain(*REASONS.values()) else instances:
        model = estimator if hasattr(owner, "predict") else make_pipeline(estimator, LogisticRegression())
        fitted = next(filter(None, (estimators.fitted(model, data) for data in DATA)), None)
        try:
            compiler.compile_model(fitted, learn_schema(fitted))
        except (UnsupportedModelError, SchemaError) as error:
            reasons += [str(error)] if isinstance(error, UnsupportedModelError) else []
        else:
            return None
    return reasons[-1]


def refused() -> dict[str, str | None]:
    """Return the reason for each estimator of scikit-learn without a rule; None if it compiles."""
    instances = defaultdict(list)
    for _, estimator in estimators.instances():
        instances[type(estimator)].append(estimator)
    rules = {*pipeline_tracer.RULES, *compiler.RULES, *SUPPORT_VECTORS}
    return {
        name: reason_of(owner, instances[owner])
        for name, owner in all_estimators()
        if owner not in rules and (hasattr(owner, "predict") or hasattr(owner, "transform"))
    }


def kind_of(name: str) -> str:
    """Return the kind of a class that compiles without a rule."""
    return "selection" if issubclass(dict(all_estimators())[name], SelectorMixin) else "if its estimators compile"


def page() -> str:
    """Return the page compiled-models.md as Markdown."""
    reasons = refused()
    kinds = {
        **{owner.__name__: "step" for owner in pipeline_tracer.RULES},
        **{owner.__name__: "model" for owner in compiler.RULES},
        **{owner.__name__: "model with a linear kernel" for owner in SUPPORT_VECTORS},
        **{name: module.partition(".")[0] for module, name in booster_rules.RULES},
        **{name: kind_of(name) for name, reason in reasons.items() if reason is None},
    }
    lines = [INTRODUCTION, "| class | kind |", "| --- | --- |"]
    lines += [f"| `{name}` | {kind} |" for name, kind in sorted(kinds.items())]
    lines += ["", REFUSED, "| class | reason |", "| --- | --- |"]
    lines += [f"| `{name}` | {reason} |" for name, reason in sorted(reasons.items()) if reason]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the page, or check it with `--check`; return the exit code."""
    new, is_check = page(), "--check" in sys.argv
    if PAGE.exists() and PAGE.read_text() == new:
        return 0
    print(PAGE.relative_to(ROOT), "is stale: run ci/generate-compile-docs.py" if is_check else "written")
    if not is_check:
        PAGE.write_text(new)
    return int(is_check)


sys.exit(main())
