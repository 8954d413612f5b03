"""Tree models: encoders convert the columns of rows to codes, and C code adds the values of the leaves.

Modules:
    tree_arrays.py      the arrays of the trees, which all other modules read
    tree_checks.py      checks the arrays, which come from a file
    tree_ensemble.py    scores and effects of rows
    leaf_masks.py       masks of trees with at most 64 leaves, for the C code of leaf_masks.c
    large_forest.py     chooses kernel.c, or large_forest.c for a few rows of a large forest
    tree_effects.py     effects of columns on a score, by the C code of reasons.c
"""
