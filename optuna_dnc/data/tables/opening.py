"""Files as streams of bytes, also compressed ones."""

from __future__ import annotations

import lzma
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa

from optuna_dnc._errors import InputError

COMPRESSED = (".gz", ".bz2", ".zst", ".xz", ".zip")
"""Ends of names of compressed files, behind the end that tells what is in them."""

BROKEN = (OSError, EOFError, lzma.LZMAError, zipfile.BadZipFile, pa.ArrowException)
"""Errors of reading a damaged file."""


def opened(source: Path | bytes) -> Any:
    """Open a file or its content as a stream for Arrow, decompressed by the end of its name."""
    if isinstance(source, bytes):
        return pa.BufferReader(source)
    ending = source.suffix.lower()
    if ending == ".xz":
        return pa.PythonFile(lzma.open(source), "r")
    return pa.PythonFile(_only_file(source), "r") if ending == ".zip" else pa.input_stream(source)


def _only_file(path: Path) -> Any:
    archive = zipfile.ZipFile(path)
    # Systems add files of their own, such as __MACOSX/ and .DS_Store.
    files = [
        file
        for file in archive.infolist()
        if not file.is_dir() and not file.filename.startswith(("__MACOSX/", "."))
    ]
    if len(files) != 1 or files[0].flag_bits & 1:
        held = "a file with a password" if len(files) == 1 else f"{len(files)} files"
        raise InputError(f"{path} holds {held}; give an archive of a single table, or unpack it.")
    return archive.open(files[0])
