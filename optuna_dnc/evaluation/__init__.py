"""Evaluation of a network: a panel of metrics, and simple models to compare it with."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
