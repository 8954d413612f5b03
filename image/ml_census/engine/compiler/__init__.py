"""Compile a fitted model to a CompiledPredictor, and verify that both predict the same on generated rows.

The model is of scikit-learn, XGBoost or LightGBM.

    fitted model ── pipeline/ ──▶ features: the columns after the steps of the pipeline, each computed from one column
                        │
                        ├─ boosters/, trees/ ────▶ TreeEnsemble ─┐
                        └─ linear/ ──────────────▶ LinearModel ──┴─▶ CompiledPredictor (compiler.py)
                                                                            │
                equivalence.compile_and_verify: same predictions? ◀─────────┘   (rows: sample_rows.py)

The compiler raises UnsupportedModelError for a step or a model that it does not
support. If the predictions of any row differ, equivalence.py raises NotEquivalentError.
In both cases, the server predicts with scikit-learn, and GET /version reports the
reason.
"""
