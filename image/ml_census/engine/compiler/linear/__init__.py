"""Compile models that multiply the features by weights.

A feature is a column after the steps of the pipeline.

    estimator ── linear_models.py ──▶ weights ── linear_compiler.py ──▶ LinearModel, or LayeredModel

Modules:
    linear_models.py     the linear models of scikit-learn, and models that predict a constant
    networks.py          neural networks
    naive_bayes.py       naive Bayes models and QuadraticDiscriminantAnalysis
    linear_compiler.py   compile features and weights
"""
