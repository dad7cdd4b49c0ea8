"""Version of the package; builds read this file without importing Optuna."""

__version__ = "0.1.0"
