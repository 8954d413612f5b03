"""Evaluate any published model on test rows: a classifier with two or more classes, or a regressor.

predictions.py     predictions and probabilities of the predictor that the server uses
classification.py  confusion matrix, precision and recall, and calibration
probabilities.py   curves, score distributions and thresholds of a model with two classes
regression.py      distribution of the errors of a regressor
groups.py          errors by group, with confidence intervals
importance.py      permutation importance of the columns
evaluation.py      evaluate() and its result, Evaluation
"""

from ml_census.training.evaluation.evaluation import Evaluation, Kind, evaluate

__all__ = ["Evaluation", "Kind", "evaluate"]
