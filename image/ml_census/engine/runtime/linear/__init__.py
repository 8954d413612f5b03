"""Models that multiply features by weights, and models with layers after the features.

Modules:
    number_operations.py  functions of the numbers of a column
    linear_model.py       features of the columns of the schema, and scores of linear models
    layers.py             the layers of networks and of naive Bayes
    layered_model.py      scores of models in layers
"""
