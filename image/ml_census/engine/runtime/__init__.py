"""Compiled models: load compiled.npz and predict rows, without scikit-learn, pandas or joblib.

This package imports NumPy, the standard library, ml_census.schema and PredictionError.
So an image without scikit-learn can serve a compiled model.

    compiled.npz ── serialization.from_bytes ──▶ CompiledPredictor ── predict(columns) ──▶ classes or numbers
                                                     │
                                                     ├─ scoring: TreeEnsemble   encoders ▶ codes ▶ C code ▶ scores
                                                     │       or  LinearModel    features @ weights + base
                                                     │       or  LayeredModel   features ▶ layer ▶ layer ▶ scores
                                                     │       or  Composition    scores of several models ▶ operations
                                                     └─ link: identity, logistic, softmax, exp and others (links.py)

A code is a small whole number that replaces a value of a column. A score is a result of
a model before the link function, for example the result of decision_function(). A row
has one score, or one score for each class or output.

Modules:
    compiled_model.py   CompiledPredictor
    encoders.py         convert values to codes
    trees/              arrays, scores and effects of tree models
    linear/             features, scores of linear models, and layers
    composition.py      composed models; operations/ combines the results of their parts
    kernel.py           calls the C code of the kernels; forest.h has the arrays of trees
    links.py            convert scores to probabilities or numbers
    reasons.py          the columns of a row with the largest effects on its score
    serialization.py    write and read compiled.npz; archive.py checks its size
    finite.py           rejects NaN and infinite numbers in arrays
"""
