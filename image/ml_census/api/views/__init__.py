"""Flask views: a module NAME.py for each protocol or purpose, with its OpenAPI document NAME.yaml."""
