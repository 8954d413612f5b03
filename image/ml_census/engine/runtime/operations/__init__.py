"""Operations that a composed model applies to the results of its inner models, such as the mean of VotingClassifier.

An operation gets the results of earlier parts of a Composition (composition.py).
Numbers are float64 or float32 (rows, width). Positions of classes are integers (rows,).
An operation makes the same NumPy calls as scikit-learn, in the same order. So equal
results of inner models give equal results of the composed model, to the last bit.

Modules:
    base.py         Operation and Shape, and the checks of fields and inputs
    general.py      voting, thresholds, means and sums
    boosting.py     AdaBoostClassifier and AdaBoostRegressor
    pairs.py        votes of classifiers that compare pairs of classes
    calibration.py  CalibratedClassifierCV
    outputs.py      several outputs, pairs of classes, transformed targets
"""

from ml_census.engine.runtime.operations import boosting, calibration, general, outputs, pairs
from ml_census.engine.runtime.operations.base import Operation as Operation
from ml_census.engine.runtime.operations.base import Shape as Shape

OPERATIONS: dict[str, type[Operation]] = {
    each.__name__: each
    for each in (
        *(general.Link, general.Choose, general.Threshold, general.Mean, general.Votes),
        *(general.Sum, general.Spread, general.Lookup, general.Select),
        pairs.PairVotes,
        *(boosting.BoostingDecision, boosting.BoostingLogits, boosting.WeightedMedian),
        *(calibration.Sigmoids, calibration.Interpolations, calibration.Shares, calibration.Temperature),
        *(outputs.Concatenate, outputs.Columnwise, outputs.RestShares, outputs.PairDecision),
    )
}
"""Name of an operation in compiled.npz -> its class."""
