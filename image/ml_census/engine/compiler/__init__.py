"""Compile a fitted scikit-learn model to a CompiledPredictor, and verify it against scikit-learn. Needs scikit-learn.

    fitted model ── pipeline/ ──▶ features: each a function of one raw column
                        │
                        ├─ trees/ ───────────────▶ TreeEnsemble ─┐
                        └─ linear_compiler.py ───▶ LinearModel ──┴─▶ CompiledPredictor (compiler.py)
                                                                            │
              equivalence.compile_and_verify: same predictions on N rows? ◀─┘   (rows: sample_rows.py)

A step or a model without a rule raises UnsupportedModelError, which says which. A prediction that differs raises
NotEquivalentError, which says on which rows. In both cases scikit-learn itself serves, and /version reports the reason.
"""
