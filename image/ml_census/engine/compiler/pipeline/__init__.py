"""From the steps before a model to features: the columns that the model sees, each a function of one raw column.

features.py has the types of features, and the raw columns as features. pipeline_tracer.py follows a pipeline and looks
up the rule of each step in step_rules.py. The rules transform category columns in probes.py. category_values.py gives a
category feature's value for each code.
"""
