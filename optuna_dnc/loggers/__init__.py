"""Loggers of trials: MLflow, TensorBoard and Weights & Biases, each through its own package."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
