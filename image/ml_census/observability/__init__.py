"""Metrics, drift, access log and request ids."""
