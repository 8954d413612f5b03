"""Pickled models: which globals a pickle may reference, why a pickle is rejected, and the estimator that it contains.

Importing `estimator` or `predictor_factory` imports scikit-learn. A server that loads a compiled form imports neither.
"""
