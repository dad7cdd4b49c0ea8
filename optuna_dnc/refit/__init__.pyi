from .result import Refit
from .train import RefitOptions, refit

__all__ = [
    "Refit",
    "RefitOptions",
    "refit",
]
