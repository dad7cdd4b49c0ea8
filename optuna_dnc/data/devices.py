"""Devices by name, and their free memory."""

from __future__ import annotations

import torch

from optuna_dnc._errors import InputError, brief, shown


def resolve_device(device: str | torch.device) -> torch.device:
    """Return the device as tensors report it, "cuda:0" for "cuda"; raise if it is not usable."""
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:
        raise InputError(
            f"device {shown(str(device))} cannot be used here ({brief(error)}); "
            "give 'cpu', or 'cuda' or 'cuda:N' where torch finds such a GPU."
        ) from error


def choose_device(device: str) -> torch.device:
    """Return the device with a name; ``auto`` is the first GPU, or the CPU if there is none."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    found = resolve_device(device)
    if found.type == "meta":
        raise InputError("device 'meta' holds shapes and no numbers; give 'cpu' or 'cuda'.")
    return found


def fits_on(device: torch.device, n_bytes: int) -> bool:
    """Return whether `n_bytes` of data may stay on the device for the whole search.

    Half of a GPU's free memory is reserved for networks and activations. Other devices use the
    main memory, which holds the data anyway.
    """
    if device.type != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return n_bytes < free / 2
