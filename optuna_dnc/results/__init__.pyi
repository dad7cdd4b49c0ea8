from .best_model import BestModel
from .finished_search import FinishedSearch
from .trained_network import Predicting, TrainedNetwork

__all__ = [
    "BestModel",
    "FinishedSearch",
    "Predicting",
    "TrainedNetwork",
]
