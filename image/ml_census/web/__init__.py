"""Pages for browsers: the form, the API documentation, the report of the model."""
