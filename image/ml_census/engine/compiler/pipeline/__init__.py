"""Compute how each input column of the model, a feature, depends on one column of the rows that clients send.

Modules:
    features.py          the types of features; the columns of the schema as features
    pipeline_tracer.py   follow the steps of a fitted pipeline, and call the rule of each step
    step_rules.py        the output features of imputers, scalers and encoders, from the input features
    number_rules.py      the output features of bins, functions, powers and quantiles
    spline_rules.py      the output features of splines
    outputs.py           extend features by the results or the operations of a step
    refusals.py          why the compiler has no rule for an estimator
    probes.py            apply a fitted step to all categories of a column
    category_values.py   the value of a feature for each code of an encoder
"""
