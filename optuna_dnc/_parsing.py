"""Text files of people one does not know, read within bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic_core import from_json

LARGEST_FILE = 2**28
"""Bytes; the preprocessing of ten million features has fewer."""


def read_bounded(path: Path, most: int = LARGEST_FILE) -> bytes:
    """Read a file of at most ``most`` bytes.

    Raises:
        OSError: It cannot be read.
        ValueError: It is larger, or no file but a pipe or a device, which may have no end.
    """
    # A pipe would wait here for somebody to write.
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ValueError("it is no regular file")
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it has more than {most:,} bytes")
    return content


def parse_json(content: bytes) -> Any:
    """Parse JSON of any source.

    Raises:
        ValueError: It is no JSON or no UTF-8, is nested more than 200 levels deep, or has half a
            surrogate or a number of thousands of digits, which Python cannot print.
    """
    return from_json(content, allow_partial=False)
