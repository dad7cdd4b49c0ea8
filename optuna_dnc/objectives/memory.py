"""Recognise that a network does not fit into memory."""

from __future__ import annotations


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error means that the device or the host had too little memory."""
    if isinstance(error, MemoryError):
        return True
    import torch

    if isinstance(error, torch.OutOfMemoryError):
        return True
    # The CPU allocator raises a bare RuntimeError.
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
