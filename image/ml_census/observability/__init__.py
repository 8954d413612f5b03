"""Metrics, drift of the input data, access log and request ids. These modules import only `schema` of ml_census."""
