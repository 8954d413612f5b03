"""Evaluation and report of a model, from its data, and the census example.

The package needs `pip install 'ml-census[train]'`. The container image does not contain
the extra `train`.
"""
