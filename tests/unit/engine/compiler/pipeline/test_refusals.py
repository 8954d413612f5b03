"""The reasons without a rule name classes of scikit-learn, and no class of another package."""

from itertools import chain

import pytest
from sklearn.decomposition import PCA
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.linear_model import Lars
from sklearn.utils import all_estimators

from ml_census.engine.compiler.pipeline.refusals import REASONS, no_rule


def test_each_class_with_a_reason_exists() -> None:
    assert {*chain(*REASONS.values())} <= {name for name, _ in all_estimators()}


@pytest.mark.parametrize(
    ("owner", "reason"),
    [
        (PCA, "no rule for PCA: each output depends on several columns"),
        (Lars, "no rule for Lars"),
        (type("PCA", (), {}), "no rule for PCA"),
    ],
    ids=["a reason", "no reason", "another package"],
)
def test_reason_names_the_class(owner: type, reason: str) -> None:
    assert no_rule(owner) == reason
