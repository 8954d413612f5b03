"""Rows that fit the schema in, predictions out: by scikit-learn itself, or compiled from its model and proved equal.

original.py asks scikit-learn. compiler.py makes of a fitted pipeline what compiled.py runs: an encoder for each column
(encoders.py) and trees (trees.py, kernel.c) or a linear model (linear.py). proof.py holds one against the other.
"""
