"""The Flask application: views per protocol, and the decisions that the server asks for.

To add a protocol: a codec in ml_census/protocols/, a view module with its OpenAPI part (NAME.py and NAME.yaml) in
views/, and a line in BLUEPRINTS of app.py.
"""
