"""Environment variables of local workers, which must be set before torch is imported."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence

from optuna_dnc.workers.cores import THREADS, threads_each
from optuna_dnc.workers.devices import VISIBLE, dealt, gpus_of, visible_gpus

PER_GPU = "OPTUNA_DNC_WORKERS_PER_GPU"
"""Variable with the number of workers that share a GPU and its memory."""

_OTHER_THREADS = ("MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def local_environments(
    n_workers: int,
    *,
    device: str = "auto",
    per_gpu: int = 1,
    environment: Mapping[str, str] = os.environ,
    gpus: Sequence[str] | None = None,
    n_cores: int | None = None,
) -> list[dict[str, str]]:
    """Return the variables of each local worker: its threads, its GPU.

    Args:
        n_workers: Number of workers.
        device: Device of the search: ``auto``, ``cpu``, ``cuda``, ``cuda:1``...
        per_gpu: Largest number of workers of one GPU.
        environment: Variables of this process.
        gpus: GPUs that this process may use; None to look.
        n_cores: Cores that this process may use; None to look.

    Raises:
        InputError: There are more workers than the GPUs can take, or no such GPU.
    """
    if device == "cpu":
        usable: Sequence[str] = ()
    else:
        usable = gpus_of(device, visible_gpus(environment) if gpus is None else gpus)
    threads = str(threads_each(n_workers, n_cores, environment))
    common = dict.fromkeys((THREADS, *_OTHER_THREADS), threads)
    if usable and per_gpu > 1:
        common[PER_GPU] = str(per_gpu)
    elif per_gpu > 1:
        reason = "the device is the CPU" if device == "cpu" else "no GPU is visible here"
        warnings.warn(
            f"workers_per_gpu={per_gpu} has no effect: {reason}, and the workers share the cores.",
            stacklevel=2,
        )
    return [
        common | ({} if gpu is None else {VISIBLE: gpu})
        for gpu in dealt(usable, n_workers, per_gpu)
    ]
