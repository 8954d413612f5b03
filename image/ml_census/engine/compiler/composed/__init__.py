"""Compile composed estimators: estimators of scikit-learn whose predictions combine those of inner estimators.

    composed estimator ── composed_rules.py ──▶ a rule
                                                  │  compiles each inner estimator with compiler.py,
                                                  │  adds operations on their results
                                                  ▼
                                             builder.Builder ──▶ Composition (runtime/composition.py)

Modules:
    builder.py          collects the parts of a Composition; compiles inner estimators
    composed_rules.py   class of an estimator -> the rule that compiles such estimators
    thresholds.py       FixedThresholdClassifier, TunedThresholdClassifierCV
    voting.py           VotingClassifier, VotingRegressor
    bagging.py          BaggingClassifier, BaggingRegressor
    adaboost.py         AdaBoostClassifier, AdaBoostRegressor
    calibration.py      CalibratedClassifierCV
    stacking.py         StackingClassifier, StackingRegressor
    support_vectors.py  SVC, NuSVC, SVR and NuSVR with a linear kernel; for three classes, votes of pairs of classes
    multiclass.py       OneVsRestClassifier, OneVsOneClassifier
    targets.py          TransformedTargetRegressor, MultiOutputRegressor, RegressorChain
    tree_members.py     the decision trees of several inner estimators as one TreeEnsemble
"""
