"""Reading of untrusted text files, within bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic_core import from_json

LARGEST_FILE = 2**28
"""Largest size in bytes; the preprocessing of ten million features needs less."""


def check_regular(path: Path) -> None:
    """Raise ValueError for a pipe or a device: to open it may wait for ever, or have no end."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ValueError("not a regular file")


def read_bounded(path: Path, most: int = LARGEST_FILE) -> bytes:
    """Read a file of at most ``most`` bytes.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is larger, or a pipe or device.
    """
    check_regular(path)
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it has more than {most:,} bytes")
    return content


def parse_json(content: bytes) -> Any:
    """Parse untrusted JSON.

    Raises:
        ValueError: It is not JSON in UTF-8, is nested more than 200 levels deep, or has half a
            surrogate or a number of thousands of digits, which Python cannot print.
    """
    return from_json(content, allow_partial=False)
