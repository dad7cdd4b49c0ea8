"""Weights of networks in safetensors files with a checksum."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from optuna_dnc._errors import brief
from optuna_dnc._files import DamagedFile, check_regular, parse_json, replace_file
from optuna_dnc.training.weights_header import ENTRY, OUTPUTS, header_of

Weights: TypeAlias = dict[str, torch.Tensor]


def save_weights(
    path: Path,
    weights: Mapping[str, torch.Tensor],
    owner: str = "",
    *,
    layers: str | None = None,
    temperature: float | None = None,
    outputs: Sequence[torch.Tensor] | None = None,
) -> None:
    """Write a state dict atomically.

    Args:
        path: The file.
        weights: By name, on any device.
        owner: Identity of the network, which :func:`read_weights` returns.
        layers: Rows of the drawing of the network, as JSON, which
            :func:`optuna_dnc.training.weights_header.layers_in` returns.
        temperature: By which the outputs are to be divided, see
            :func:`optuna_dnc.training.calibration.temperature_of`.
        outputs: For the validation samples of each fold, which :func:`validation_outputs_in`
            returns one after the other.
    """
    copies = separate(weights)
    if outputs is not None:
        copies[OUTPUTS] = torch.cat(list(outputs))
    # Not save_file, whose files only their owner can read.
    header = header_of(checksum(copies, owner), owner, layers, temperature)
    replace_file(path, save(copies, metadata=header))


def load_weights(path: Path) -> Weights:
    """Read a state dict onto the CPU.

    Raises:
        FileNotFoundError: There is no file.
        DamagedFile: The file is damaged.
    """
    weights, _ = read_weights(path)
    return weights


def read_weights(path: Path) -> tuple[Weights, str]:
    """Read a state dict onto the CPU, and its owner; raises as :func:`load_weights`."""
    weights, owner = _read(path)
    weights.pop(OUTPUTS, None)
    return weights, owner


def validation_outputs_in(path: Path) -> torch.Tensor | None:
    """Return the outputs for the validation samples; None where there are none that are whole."""
    try:
        return _read(path)[0].get(OUTPUTS)
    except (FileNotFoundError, DamagedFile):
        return None


def _read(path: Path) -> tuple[Weights, str]:
    try:
        check_regular(path)
        with safe_open(path, framework="pt") as file:
            entries = file.metadata() or {}
            # Files of earlier versions have no checksum.
            header = parse_json(entries[ENTRY].encode()) if ENTRY in entries else entries
            owner, expected = header.get("owner", ""), header.get("checksum")
            if not isinstance(owner, str):
                raise ValueError("its header names no owner")
            weights = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
        raise DamagedFile(path, brief(error)) from None
    if expected not in (None, checksum(weights, owner)):
        raise DamagedFile(path, "its checksum is wrong")
    return weights, owner


def separate(tensors: Mapping[str, torch.Tensor]) -> Weights:
    """Return contiguous copies on the CPU that share no memory, as safetensors requires.

    Weights share memory where a layer is used twice.
    """
    return {
        name: tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
        for name, tensor in tensors.items()
    }


def checksum(tensors: Mapping[str, torch.Tensor], text: str) -> str:
    """Return the CRC-32 of text and contiguous CPU tensors, as 8 hexadecimal digits."""
    crc = zlib.crc32(text.encode())
    for name, tensor in sorted(tensors.items()):
        crc = zlib.crc32(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode(), crc)
        crc = zlib.crc32(tensor.reshape(-1).view(torch.uint8).numpy().data, crc)
    return f"{crc:08x}"
