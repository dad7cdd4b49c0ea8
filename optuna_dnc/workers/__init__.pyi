from .cores import threads_each
from .devices import dealt, device_of_worker, gpus_of, visible_gpus
from .environments import local_environments
from .in_flight import InFlight, Outcome
from .process_pools import process_pool

__all__ = [
    "InFlight",
    "Outcome",
    "dealt",
    "device_of_worker",
    "gpus_of",
    "local_environments",
    "process_pool",
    "threads_each",
    "visible_gpus",
]
