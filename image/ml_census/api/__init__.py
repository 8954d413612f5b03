"""The Flask application: views per protocol, and the decisions that the server asks for.

To add a protocol:

1. a codec in ml_census/protocols/: `parse`, `render`, `render_error`;
2. a view module with an ApiBlueprint in views/, and its OpenAPI part beside it (NAME.py and NAME.yaml); the blueprint
   needs a url_prefix, or its unknown paths answer in the native format;
3. a line in BLUEPRINTS of app.py;
4. its name in PROTOCOLS of ml_census/config, from which unauthenticated_protocols are chosen;
5. a body in BODIES of tests/support/api_requests.py, with which the tests of all protocols send their requests.

Error format, queue, metrics label and documentation follow from the blueprint.
"""
