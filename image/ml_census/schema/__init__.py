"""The columns and rows that a model accepts. No scikit-learn, no I/O."""
