"""Infer the input columns of a fitted scikit-learn model: their names, types and categories.

    fitted model ── fact_collector.py ──▶ ColumnFacts ── column_facts.py ──▶ Schema      (infer_schema, inference.py)
                        │
                        ├─ engine/pipeline_visitor.py: follow columns through the pipeline
                        ├─ meta_estimators.py: the estimators inside a meta-estimator
                        └─ booster_categories.py: the categories of LightGBM and XGBoost models

If the model does not state the type of a column, engine/probe.py finds the type by test
predictions.
"""

from ml_census.models.schema_inference.inference import infer_schema

__all__ = ["infer_schema"]
