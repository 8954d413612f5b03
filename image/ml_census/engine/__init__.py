"""Rows that match the schema in, predictions out: by a compiled model, or by scikit-learn itself.

    fitted scikit-learn model + Schema
        │
        ├──▶ SklearnPredictor (sklearn_predictor.py)   always possible; the reference
        │        │
        ▼        │ same rows
    compiler.compile_model ──▶ CompiledPredictor ──▶ equivalence: same predictions on N sampled rows?
        │ no rule for a step              │                │ yes: the compiled model serves, and can be
        │                                 │                │      written to compiled.npz
        └─────────────┬───────────────────┘                │ no: fall back
                      ▼                                    ▼
                  SklearnPredictor serves; /version reports the reason

Modules and packages:
    predictor.py            the Predictor protocol and PredictionError
    engine_info.py          EngineInfo: the engine that serves a model, as /version reports it
    runtime/                compiled models; all of the engine that the image without scikit-learn contains
    compiler/               compile a fitted model and verify the result; needs scikit-learn
    sklearn_predictor.py    predict with scikit-learn; model_input.py and sklearn_output.py convert rows and results,
                            failure_location.py finds the row and the column that a model rejects
    probe.py                learn from predictions what the fitted model does not state about its columns
    pipeline_visitor.py     follow columns through a fitted pipeline; shared by the compiler and models.schema_inference
    sklearn_internals.py    all private names of scikit-learn that this program reads
"""
