"""Compile models of XGBoost and LightGBM to a TreeEnsemble whose scores equal those of the library to the last bit.

    estimator ── booster_rules.py ──▶ FittedTrees ── trees/tree_compiler.py ──▶ TreeEnsemble

Modules:
    booster_rules.py      the estimators, objectives and links that can be compiled
    booster_features.py   categories and missing values as the libraries read them
    xgboost_json.py       the trees of XGBoost
    lightgbm_text.py      the trees of LightGBM
"""
