"""Compile fitted trees to a TreeEnsemble.

A node of a fitted tree compares a feature, a column after the steps of the pipeline. A
node of a TreeEnsemble tests the code of a column of the schema: a small whole number
that replaces a value of the column.

    estimator ── tree_models.py ──▶ FittedTrees ── tree_compiler.py ──▶ TreeEnsemble

Modules:
    tree_models.py       the tree models that can be compiled
    isolation_forest.py  the trees and the threshold of an IsolationForest
    tree_compiler.py     compile the trees of one model
    tree_nodes.py        the nodes of fitted trees as arrays
    node_tests.py        the types of tests that kernel.c supports
    numeric_tests.py     convert the splits of a number column to tests
    number_pieces.py     the raw thresholds of features that do not rise with the raw number
    category_splits.py   splits by category codes, as each library evaluates them
    category_tests.py    convert the splits of a category column to tests
    float_bisection.py   find the exact threshold for the number before scaling
"""
