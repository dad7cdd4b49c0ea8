"""Layers of a network as the rows of a drawing: shapes, parameters and shortcuts."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
