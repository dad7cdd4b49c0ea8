from .comparison import Comparison, Floor
from .panel import EvaluationPanel
from .panel_of import panel_of

__all__ = [
    "Comparison",
    "EvaluationPanel",
    "Floor",
    "panel_of",
]
