"""Workers of any engine: calls in flight, local clusters, cores and GPUs. Imports no torch."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
