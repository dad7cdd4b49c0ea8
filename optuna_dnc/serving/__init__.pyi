from .app import prediction_app
from .serve import serve

__all__ = ["prediction_app", "serve"]
