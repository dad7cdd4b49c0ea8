"""Multi-fidelity search: train many configurations a little, and the best of them to the end."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
