"""Threads and GPU memory of a worker, as set by its environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping

from optuna_dnc.workers.cores import THREADS
from optuna_dnc.workers.environments import PER_GPU


def use_worker_limits(environment: Mapping[str, str] = os.environ) -> None:
    """Have torch use the threads and the share of the GPU's memory of this worker.

    Torch reads the number of threads when it is imported, which may have been before.
    """
    import torch  # the rest of the package is used before it is imported

    threads = environment.get(THREADS, "")
    if threads.isdigit() and int(threads) > 0:
        torch.set_num_threads(int(threads))
    per_gpu = environment.get(PER_GPU, "")
    if per_gpu.isdigit() and int(per_gpu) > 1 and torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction(1 / int(per_gpu))
