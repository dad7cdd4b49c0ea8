from .server import SuggestionServer
from .suggestions import suggest, validate

__all__ = ["SuggestionServer", "suggest", "validate"]
