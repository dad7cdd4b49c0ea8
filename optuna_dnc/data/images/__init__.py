"""Images in files: found in folders and tables, decoded, brought to one size."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
