"""Headers of safetensors files: shapes of weights and layers of the network, without torch."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from optuna_dnc._errors import brief
from optuna_dnc._files import DamagedFile, check_regular, parse_json

ENTRY = "optuna_dnc"
"""The entry of the metadata that holds what this package writes, as JSON."""

OUTPUTS = "validation outputs"
"""Name of the tensor that is no weight: no parameter has a space in its name."""


def header_of(
    checksum: str, owner: str, layers: str | None, temperature: float | None = None
) -> dict[str, str]:
    """Return the metadata of a file.

    Args:
        checksum: Checksum of the weights, see :func:`optuna_dnc.training.weights.checksum`.
        owner: Identity of the network.
        layers: Rows of the drawing of the network, as JSON; None for none.
        temperature: By which its outputs are to be divided; None for none.
    """
    entry = {"checksum": checksum, "owner": owner}
    if layers is not None:
        entry |= _sealed("layers", layers)
    if temperature is not None:
        entry |= _sealed("temperature", str(temperature))
    # In one entry: the order of several would vary, and the file with it.
    return {ENTRY: json.dumps(entry)}


def shapes_in(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a state dict by name.

    Raises:
        FileNotFoundError: There is no file.
        DamagedFile: The file is damaged.
    """
    try:
        check_regular(path)
        with safe_open(path, framework="numpy") as file:
            names = [name for name in file.keys() if name != OUTPUTS]  # noqa: SIM118
            return {name: tuple(file.get_slice(name).get_shape()) for name in names}
    except FileNotFoundError:
        raise
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise DamagedFile(path, brief(error)) from None


def temperature_in(path: Path) -> float | None:
    """Return the temperature in a file; None where it has none that is whole."""
    text = _text_in(path, "temperature")
    return None if text is None else float(text)


def layers_in(path: Path) -> list[Any] | None:
    """Return the rows of the drawing of a network; None where the file has none that is whole."""
    text = _text_in(path, "layers")
    try:
        rows = None if text is None else parse_json(text.encode())
    except ValueError:
        return None
    return rows if isinstance(rows, list) else None


def _sealed(name: str, text: str) -> dict[str, str]:
    return {name: text, f"{name}_checksum": _checksum(text)}


def _text_in(path: Path, name: str) -> str | None:
    """Return a text of the header; None where the file has none that is whole."""
    try:
        check_regular(path)
        with safe_open(path, framework="numpy") as file:
            entry = parse_json((file.metadata() or {})[ENTRY].encode())
        text: str = entry[name]
        return text if entry[f"{name}_checksum"] == _checksum(text) else None
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"
