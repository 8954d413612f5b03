"""The Flask application: views per protocol, and the decisions that the server asks for.

To add a protocol:

1. a codec in ml_census/protocols/: `parse`, `render`, `render_error`;
2. a view module with an ApiBlueprint in views/, and its OpenAPI part beside it (NAME.py and NAME.yaml);
3. a line in BLUEPRINTS of app.py;
4. its name in PROTOCOLS of ml_census/config, from which unauthenticated_protocols are chosen.

Error format, queue, metrics label and documentation follow from the blueprint.
"""
