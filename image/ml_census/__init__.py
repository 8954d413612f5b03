"""HTTP server, client and command line for the predictions of any scikit-learn model."""

__version__ = "0.2.0"
