"""Mutations of composed models: one for each kind of mistake that a rule of a composed estimator can make."""

from collections.abc import Callable
from dataclasses import replace

from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.composition import Composition, Part
from ml_census.engine.runtime.operations import Operation
from ml_census.engine.runtime.operations.boosting import BoostingDecision, WeightedMedian
from ml_census.engine.runtime.operations.calibration import Shares, Sigmoids, Temperature
from ml_census.engine.runtime.operations.general import Choose, Lookup, Mean, Select, Spread, Sum, Threshold, Votes
from ml_census.engine.runtime.operations.outputs import Columnwise, Concatenate, RestShares
from support.compile_mutations import Mutation
from support.composed import case

Change = Callable[[Part], Part]


def with_parts(change: Change, kind: type) -> Callable[[CompiledPredictor], CompiledPredictor]:
    """Change the first part whose source has a type."""

    def mutate(compiled: CompiledPredictor) -> CompiledPredictor:
        assert isinstance(compiled.scoring, Composition)
        parts = list(compiled.scoring.parts)
        index = min(index for index, part in enumerate(parts) if isinstance(part.source, kind))
        parts[index] = change(parts[index])
        return replace(compiled, scoring=replace(compiled.scoring, parts=parts))

    return mutate


def other(operation: Operation) -> Change:
    """Put another operation in place of the one of a part."""
    return lambda part: replace(part, source=operation)


def reversed_results(part: Part) -> Part:
    return replace(part, results=part.results[::-1])


def mutation(name: str, change: Change, kind: type) -> Mutation:
    return Mutation(lambda: case(name).model, with_parts(change, kind))


MUTATIONS = {
    "a threshold above": mutation(
        "FixedThresholdClassifier, automatic", other(Threshold(0.5000001, 1, False)), Threshold
    ),
    "a threshold for the other class": mutation(
        "FixedThresholdClassifier, first class", other(Threshold(0.3, 1, False)), Threshold
    ),
    "no threshold": mutation("FixedThresholdClassifier", other(Choose()), Threshold),
    "no weights": mutation("VotingClassifier, weighted", other(Mean()), Mean),
    "weights in another order": mutation("VotingClassifier, weighted", reversed_results, Mean),
    "numbers in another order": mutation("VotingRegressor, weighted", reversed_results, Mean),
    "a mean of one estimator more": mutation("BaggingClassifier of linear models", other(Sum(8, True)), Sum),
    "a total of one estimator less": mutation("AdaBoostClassifier", other(BoostingDecision(3.0)), BoostingDecision),
    "equal weights of the median": mutation("AdaBoostRegressor", other(WeightedMedian([1.0] * 7)), WeightedMedian),
    "weights of the median in another order": mutation(
        "AdaBoostRegressor of linear models", reversed_results, WeightedMedian
    ),
    "classes at other positions": mutation(
        "BaggingClassifier of forests, a rare class", other(Spread([1, 2], 3)), Spread
    ),
    "no share of each class": mutation(
        "CalibratedClassifierCV, multi-class", other(Sigmoids([-1.0] * 3, [0.0] * 3)), Shares
    ),
    "another temperature": mutation("CalibratedClassifierCV, temperature", other(Temperature(1.0, True)), Temperature),
    "a temperature of probabilities": mutation(
        "CalibratedClassifierCV, temperature", other(Temperature(1.0, False)), Temperature
    ),
    "the probability of the other class": mutation("StackingClassifier before a tree", other(Select([0])), Select),
    "numbers of other classes": mutation("StackingClassifier of classes", other(Lookup([[1.0], [0.0], [2.0]])), Lookup),
    "no inverse of the target": mutation(
        "TransformedTargetRegressor of logarithms", other(Columnwise([[]])), Columnwise
    ),
    "outputs of a chain in another order": mutation("RegressorChain in another order", reversed_results, Concatenate),
    "outputs in another order": mutation("MultiOutputRegressor", reversed_results, Concatenate),
    "probabilities of classes without shares": mutation(
        "OneVsRestClassifier", other(Columnwise([[], [], []])), RestShares
    ),
    "equal votes": mutation("VotingClassifier, hard, weighted", other(Votes([1, 1, 1], 2)), Votes),
}
