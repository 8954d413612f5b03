"""Infer from a fitted scikit-learn model which columns it takes.

    fitted model ── fact_collector.py ──▶ ColumnFacts ── column_facts.py ──▶ Schema      (infer_schema, inference.py)
                        │
                        ├─ engine/pipeline_visitor.py: follow columns through the pipeline
                        ├─ meta_estimators.py: the estimators that an estimator holds
                        └─ booster_categories.py: the categories of LightGBM and XGBoost models

engine/probe.py learns from predictions what the model does not state.
"""

from ml_census.models.schema_inference.inference import infer_schema

__all__ = ["infer_schema"]
