"""The version, in a file of its own so that builds can read it without importing Optuna."""

__version__ = "0.1.0"
