from .serve import serve_dashboard

__all__ = [
    "serve_dashboard",
]
