"""From fitted trees over features to a TreeEnsemble over raw columns.

estimator ── tree_models.py ──▶ FittedTrees ── tree_compiler.py ──▶ TreeEnsemble
                                    │
tree_nodes.py: the nodes as arrays ─┤
numeric_tests.py, category_tests.py: a split by a feature becomes a test on a code (node_tests.py)
float_bisection.py: the exact threshold on the raw number
"""
