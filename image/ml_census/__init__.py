"""Log in, send rows, get predictions, from any scikit-learn model."""

__version__ = "0.2.0"
