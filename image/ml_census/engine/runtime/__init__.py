"""Compiled models: predict without scikit-learn."""
