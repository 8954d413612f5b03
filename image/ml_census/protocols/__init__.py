"""Formats of request and response bodies, in one module per protocol.

A protocol's module has the functions `parse` (request), `render` (response) and
`render_error` (error response). The modules import neither Flask nor the model. The
Flask views are in ml_census/api/views/. The package tables/ reads Parquet files and
Arrow streams, as bodies of the native protocol.
"""
