from .options import RefitOptions
from .result import Refit
from .train import refit

__all__ = [
    "Refit",
    "RefitOptions",
    "refit",
]
