"""Recognise that a network does not fit into memory."""

from __future__ import annotations

_SIGNS = (
    "can't allocate memory",  # CPU
    "not enough memory",  # CPU, Windows
    "out of memory",  # CUDA outside of torch's allocator, MPS
    "_STATUS_ALLOC_FAILED",  # cuBLAS, cuDNN...
    "Invalid buffer size",  # MPS
    "bad_alloc",  # C++
    # More bytes than a number can hold.
    "Storage size calculation overflowed",
    "integer multiplication overflow",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error means that the device or the host had too little memory."""
    if isinstance(error, MemoryError):
        return True
    import torch

    if isinstance(error, torch.cuda.OutOfMemoryError):  # torch.OutOfMemoryError from 2.5 on
        return True
    # The CPU's allocator and some CUDA libraries raise a bare RuntimeError.
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)
