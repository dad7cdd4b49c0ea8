from .best_model import BestModel
from .finished_search import FinishedSearch
from .predicting import Predicting
from .trained_network import TrainedNetwork

__all__ = [
    "BestModel",
    "FinishedSearch",
    "Predicting",
    "TrainedNetwork",
]
