"""Compile a fitted scikit-learn model to a CompiledPredictor, and verify it against scikit-learn. Needs scikit-learn.

    fitted model ── pipeline_tracer ──▶ features: each a function of one raw column   (features.py, step_rules.py)
                        │
                        ├─ trees:  tree_models ─▶ tree_nodes ─▶ tree_compiler ──▶ TreeEnsemble
                        │                           numeric_tests (float_bisection.py), category_tests
                        └─ linear: linear_compiler ─────────────────────────────▶ LinearModel
    CompiledPredictor ── equivalence.compile_and_verify ──▶ served, if it predicts the same on N rows (sample_rows.py)

Where a step or a model has no rule, UnsupportedModelError says which. Where a prediction differs, NotEquivalentError
says on which kind of rows. In both cases scikit-learn itself serves, and /version reports the reason.
"""
