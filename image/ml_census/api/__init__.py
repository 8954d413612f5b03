"""The Flask application: the views of each protocol, and the methods that the HTTP server (ml_census/server) calls.

To add a protocol:

1. Write a module with the functions `parse`, `render` and `render_error` in ml_census/protocols/.
2. Write the view module NAME.py with an ApiBlueprint, and its OpenAPI document NAME.yaml, in views/. Without a
   url_prefix in the blueprint, errors for unknown paths have the format of /prediction.
3. Add the blueprint to BLUEPRINTS in app.py.
4. Add the protocol's name to PROTOCOLS in ml_census/config/config.py. The key unauthenticated_protocols accepts these
   names.
5. Add a request body to BODIES in tests/support/api_requests.py. The tests of all protocols send these bodies.

The error format, the queue in the server, the metrics label and the documentation
follow from the blueprint.
"""
