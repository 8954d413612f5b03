"""Train the census model, the example of this project."""
