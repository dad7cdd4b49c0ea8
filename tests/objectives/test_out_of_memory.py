"""Telling a network that is too large from any other failure."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from optuna_dnc.objectives import is_out_of_memory


def failure(call):
    with pytest.raises((RuntimeError, MemoryError, ValueError)) as caught:
        call()
    return caught.value


def test_the_cpu_allocator_is_recognised() -> None:
    assert is_out_of_memory(failure(lambda: torch.empty(2**60)))


@pytest.mark.parametrize("shape", [(2**40, 2**40), (2**62, 2**62)])
def test_more_bytes_than_a_number_holds_are_recognised(shape: tuple[int, int]) -> None:
    assert is_out_of_memory(failure(lambda: torch.empty(shape)))


def test_numpy_is_recognised() -> None:
    assert is_out_of_memory(failure(lambda: np.empty(2**58)))


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried ..."),
    ],
)
def test_the_errors_of_devices_are_recognised(error: Exception | torch.OutOfMemoryError) -> None:
    assert is_out_of_memory(error)


def test_other_failures_are_not() -> None:
    assert not is_out_of_memory(failure(lambda: torch.zeros(2, 3) @ torch.zeros(2, 3)))
    assert not is_out_of_memory(RuntimeError("CUDA error: device-side assert triggered"))
    assert not is_out_of_memory(ValueError("out of memory"))
    assert not is_out_of_memory(KeyboardInterrupt())
