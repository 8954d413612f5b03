"""The views, one module per protocol or concern, each with its OpenAPI part (NAME.py and NAME.yaml)."""
