"""Trade-off between error and cost (Pareto front): one search for each weight of the cost."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
