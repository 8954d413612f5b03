"""Web pages: a form for predictions, the API documentation, and the report on the training of the model."""
