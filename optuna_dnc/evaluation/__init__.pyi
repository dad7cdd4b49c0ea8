from .comparison import Comparison, Floor
from .panel import EvaluationPanel
from .prediction_panel import panel_of

__all__ = [
    "Comparison",
    "EvaluationPanel",
    "Floor",
    "panel_of",
]
