"""Weights of networks in safetensors files that know whether they are whole."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from optuna_dnc._errors import brief
from optuna_dnc._files import DamagedFile, replace_file

Weights: TypeAlias = dict[str, torch.Tensor]

_HEADER = "optuna_dnc"


def save_weights(path: Path, weights: Mapping[str, torch.Tensor], owner: str = "") -> None:
    """Write a state dict, all of it or none.

    Args:
        path: The file.
        weights: By name, on any device.
        owner: Whose they are, for :func:`read_weights`.
    """
    copies = separate(weights)
    header = json.dumps({"checksum": checksum(copies, owner), "owner": owner})
    # In one entry: the order of several would be another one each time. Not save_file, which makes
    # files that only their owner can read.
    replace_file(path, save(copies, metadata={_HEADER: header}))


def load_weights(path: Path) -> Weights:
    """Read a state dict onto the CPU.

    Raises:
        FileNotFoundError: There is no file.
        DamagedFile: It is not what :func:`save_weights` wrote.
    """
    weights, _ = read_weights(path)
    return weights


def shapes_in(path: Path) -> dict[str, tuple[int, ...]]:
    """Shapes in a state dict by name; only the file's header is read. Raises as above."""
    try:
        with safe_open(path, framework="pt") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise DamagedFile(path, brief(error)) from None


def read_weights(path: Path) -> tuple[Weights, str]:
    """Read a state dict onto the CPU, and whose it is; raises as :func:`load_weights`."""
    try:
        with safe_open(path, framework="pt") as file:
            entries = file.metadata() or {}
            # Files of earlier versions have an owner at most.
            header = json.loads(entries[_HEADER]) if _HEADER in entries else entries
            owner, expected = header.get("owner", ""), header.get("checksum")
            weights = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
        raise DamagedFile(path, brief(error)) from None
    if expected not in (None, checksum(weights, owner)):
        raise DamagedFile(path, "its checksum is wrong")
    return weights, owner


def separate(tensors: Mapping[str, torch.Tensor]) -> Weights:
    """Copies on the CPU that share no memory, as a layer does that is used twice.

    What safetensors takes.
    """
    return {
        name: tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
        for name, tensor in tensors.items()
    }


def checksum(tensors: Mapping[str, torch.Tensor], text: str) -> str:
    """CRC-32 of the text and of contiguous tensors on the CPU, as 8 hexadecimal digits."""
    found = zlib.crc32(text.encode())
    for name, tensor in sorted(tensors.items()):
        found = zlib.crc32(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode(), found)
        found = zlib.crc32(tensor.reshape(-1).view(torch.uint8).numpy().data, found)
    return f"{found:08x}"
