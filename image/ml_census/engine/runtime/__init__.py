"""Compiled models and the code that runs them, without scikit-learn, pandas or joblib.

This package is what the image without scikit-learn contains of the engine. It imports NumPy and the standard library.

    compiled.npz ── serialization.from_bytes ──▶ CompiledPredictor ── predict(columns) ──▶ classes or numbers
                                                     │
                                                     ├─ scoring: TreeEnsemble   encoders ▶ codes ▶ kernel.c ▶ sums
                                                     │       or  LinearModel    features @ weights + base
                                                     └─ link: identity, logistic, softmax, exp

Modules: compiled_model.py (the predictor), links.py (scores to probabilities), tree_ensemble.py with tree_checks.py,
kernel.py and kernel.c (trees), linear_model.py, encoders.py (values to codes), serialization.py (compiled.npz).
"""
