from .cores import threads_each
from .devices import dealt, gpus_of, visible_gpus
from .environments import local_environments
from .in_flight import InFlight, Outcome

__all__ = [
    "InFlight",
    "Outcome",
    "dealt",
    "gpus_of",
    "local_environments",
    "threads_each",
    "visible_gpus",
]
