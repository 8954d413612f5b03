"""Check a model before it is published: what a server needs, and whether the model predicts a row."""
