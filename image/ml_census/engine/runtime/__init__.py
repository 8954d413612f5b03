"""Compiled models: load compiled.npz and predict rows, without scikit-learn, pandas or joblib.

This package imports NumPy, the standard library, ml_census.schema and PredictionError.
So an image without scikit-learn can serve a compiled model.

    compiled.npz ── serialization.from_bytes ──▶ CompiledPredictor ── predict(columns) ──▶ classes or numbers
                                                     │
                                                     ├─ scoring: TreeEnsemble   encoders ▶ codes ▶ C code ▶ scores
                                                     │       or  LinearModel    features @ weights + base
                                                     │       or  LayeredModel   features ▶ layer ▶ layer ▶ scores
                                                     └─ link: identity, logistic, softmax, exp and others (links.py)

A code is a small whole number that replaces a value of a column. A score is a result of
a model before the link function, for example the result of decision_function(). A row
has one score, or one score for each class or output.

Modules:
    compiled_model.py   CompiledPredictor
    encoders.py         convert values to codes
    tree_ensemble.py    scores of tree models; tree_checks.py checks the arrays
    leaf_masks.py       masks of trees with at most 64 leaves, for the C code of leaf_masks.c
    large_forest.py     chooses kernel.c, or large_forest.c for a few rows of a large forest
    kernel.py           calls the C code of these kernels; forest.h has the arrays of trees
    reasons.py          effects of the columns of a row on its score, for trees by the C code of reasons.c
    linear_model.py     features, and scores of linear models
    number_operations.py  functions of the numbers of a column
    layered_model.py    scores of models in layers; layers.py has the layers
    links.py            convert scores to probabilities or numbers
    serialization.py    write and read compiled.npz
"""
