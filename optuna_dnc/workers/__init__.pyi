from .devices import (
    dealt,
    device_of_worker,
    gpus_of,
    local_environments,
    threads_each,
    visible_gpus,
)
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
