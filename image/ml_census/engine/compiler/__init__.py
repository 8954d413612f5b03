"""Compile fitted scikit-learn models, and compare each compiled model with its original."""
