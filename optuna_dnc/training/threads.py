"""CPU threads and freed memory of the process that trains."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager

import torch

ENOUGH_FOR_THREADS = 10**8
"""Parameters times batch size from which a second thread pays off.

Measured on two cores: at 5e7 two threads are as fast as one; at 2e6 they take 1.5 times as long,
and a hundred times on a busy machine, because threads wait for each other in every layer.
"""


@contextmanager
def threads_for(n_params: int, batch_size: int, *, convolutional: bool = False) -> Iterator[None]:
    """Limit torch to one CPU thread within the block if the networks are small.

    The number of threads that torch had is restored afterwards.

    Args:
        n_params: Number of parameters of the largest network to train.
        batch_size: Samples in a batch.
        convolutional: Whether the networks are convolutional. They have far more work for each
            parameter, so that threads always pay off.
    """
    before = torch.get_num_threads()
    if not convolutional and n_params * batch_size < ENOUGH_FOR_THREADS:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


# Parameters of mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST = 2**31 - 1


def keep_freed_memory() -> None:
    """Let glibc's allocator keep freed memory; do nothing on other systems.

    A CNN's activations are tens of megabytes. By default glibc requests each from the system and
    returns it, and the system clears every page again: a seventh of the training time on two
    cores (MLPs at batch size 32: a tenth). Keeping it costs 5 % more peak memory. The setting
    holds for the whole process, so only the command line, which owns its process, makes it.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, _LARGEST)
        libc.mallopt(_TRIM_THRESHOLD, _LARGEST)
