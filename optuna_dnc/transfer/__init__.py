"""Transfer: search training hyperparameters for a known network on other data."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
