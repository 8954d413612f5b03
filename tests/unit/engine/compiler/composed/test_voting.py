"""VotingClassifier and VotingRegressor are compiled."""

import pytest

from support.compile_cases_composed import VOTING
from support.composed import assert_is_compiled, case

pytestmark = pytest.mark.filterwarnings("ignore:Found unknown categories in columns")  # by scikit-learn, at edge rows
WITHIN_TOLERANCE = {
    "VotingClassifier, multi-class",
    "VotingClassifier of pipelines",
    "VotingClassifier, hard",
    "VotingRegressor, weighted",
}
"""Cases with a linear model among the members."""


@pytest.mark.parametrize("name", VOTING)
def test_voting_is_compiled_and_verified(name: str) -> None:
    """The probabilities and numbers equal those of scikit-learn to the last bit, unless a member is linear."""
    assert_is_compiled(case(name), is_exact=name not in WITHIN_TOLERANCE)
