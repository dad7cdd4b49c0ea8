"""Find neural networks that are accurate and cheap, with Optuna.

Names load on first use, so that ``from optuna_dnc import DNCSampler`` does not import torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
