"""Compile a fitted model to a CompiledPredictor, and verify that both predict the same on generated rows.

The model is of scikit-learn, XGBoost or LightGBM.

    fitted model ── pipeline/ ──▶ features: the columns after the steps of the pipeline, each computed from one column
                        │
                        ├─ boosters/, trees/ ────▶ TreeEnsemble ─────────────────┐
                        ├─ linear/ ──────────────▶ LinearModel or LayeredModel ──┼─▶ CompiledPredictor (compiler.py)
                        └─ composed/ ────────────▶ Composition of such models ───┘          │
                                                                                            │
                equivalence.compile_and_verify: same predictions? ◀─────────────────────────┘   (rows: sample_rows.py)

The compiler raises UnsupportedModelError for a step or a model that it does not
support. If the predictions of any row differ, equivalence.py raises NotEquivalentError.
In both cases, the server predicts with scikit-learn, and GET /version reports the
reason.

To compile another class, write a rule: a function that compiles the estimators of the
class. Then add the class and its rule to one of these tables:

    pipeline/pipeline_tracer.py   RULES for the steps of a pipeline
    compiler.py                   RULES for models of scikit-learn
    composed/composed_rules.py    RULES for models that contain other estimators
    boosters/booster_rules.py     RULES for models of XGBoost and LightGBM

For a class in no table, pipeline/refusals.py has the reason. If the class contains other
estimators, add it to ml_census/models/schema_inference/meta_estimators.py too.
"""
