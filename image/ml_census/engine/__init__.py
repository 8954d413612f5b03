"""Predict rows, with a compiled form of the model or with scikit-learn. The caller validates the rows by the schema.

    fitted scikit-learn model + Schema
        │
        ├──▶ SklearnPredictor (sklearn_predictor.py)   for any model; its predictions are the reference
        │        │
        ▼        │ same rows
    compiler.compile_model ──▶ CompiledPredictor ──▶ compiler.equivalence: same predictions on generated rows?
        │                                                  │ yes: the server uses CompiledPredictor;
        │                                                  │      `ml-census publish` writes it to compiled.npz
        │ the compiler does not support a step             │ no
        └──────────────────────┬───────────────────────────┘
                               ▼
             the server uses SklearnPredictor; GET /version reports the reason

Modules and packages:
    predictor.py            the Predictor protocol and PredictionError
    reasons.py              the columns with the largest effects on a prediction, against a reference row
    engine_info.py          EngineInfo: which engine predicts, as GET /version reports it
    runtime/                compiled models; imports neither scikit-learn nor pandas
    compiler/               compile a fitted model and verify the compiled form; imports scikit-learn
    sklearn_predictor.py    predict with scikit-learn
    model_input.py          convert rows to the input of a scikit-learn model
    sklearn_output.py       convert results of a scikit-learn model to Python values
    failure_location.py     find the row and the column that a model rejects
    probe.py                find the types of input columns by test predictions, if the fitted model does not state them
    pipeline_visitor.py     base class for following columns through a fitted pipeline, step by step
    booster_categories.py   the categories that models of XGBoost and LightGBM store
    sklearn_internals.py    the only module that reads private attributes of scikit-learn
"""
