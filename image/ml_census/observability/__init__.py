"""Metrics, drift, access log and request ids. These modules import the package `schema` and nothing else of ours."""
