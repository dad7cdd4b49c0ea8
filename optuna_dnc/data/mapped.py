"""Memory maps of arrays in `.npy` files, and of large ones in `.npz` files."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, brief

MAPPED_FROM = 2**25
"""Bytes from which an array stays on the disk; smaller ones are read at once."""

_LOCAL_HEADER, _LENGTHS = 30, 26
"""Bytes of a file's header within a ZIP archive, before its name and its extra field, and position
in it of the lengths of these two."""

_BLOCK = 2**22


def map_npy(path: Path) -> NDArray[Any]:
    """Map an `.npy` file read-only into memory; it must not be overwritten while in use.

    Raises:
        InputError: It is missing, or does not hold an array of numbers or strings.
    """
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist; give an .npz or .npy file.") from error
    except (EOFError, OverflowError, ValueError, OSError) as error:
        raise InputError(
            f"{path} is not an .npy file of numbers ({brief(error)}); save it with "
            "numpy.save(file, x)."
        ) from error
    if not isinstance(array, np.ndarray):
        raise InputError(f"{path} is not an .npy file; save it with numpy.save(file, x).")
    return array


def map_member(path: Path, archive: zipfile.ZipFile, name: str) -> NDArray[Any] | None:
    """Map an uncompressed array of an `.npz` file read-only into memory.

    Copying it and its copy in float32 would take twice its size of memory. The file must not be
    overwritten while the array is in use.

    Returns:
        None if the array has to be read: it is small, compressed, encrypted, or holds objects.

    Raises:
        ValueError, OSError, zipfile.BadZipFile: The file is damaged.
    """
    info = archive.getinfo(name)
    is_plain = info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1
    if not is_plain or info.file_size < MAPPED_FROM:
        return None
    with archive.open(info) as member:
        version = npy.read_magic(member)
        if version not in ((1, 0), (2, 0)):
            return None
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, is_fortran, dtype = read_header(member)
        n_before = member.tell()
        while member.read(_BLOCK):  # at its end, zipfile checks the CRC
            pass
    n_bytes = info.file_size - n_before
    if dtype.hasobject or n_bytes != dtype.itemsize * int(np.prod(shape, dtype=object)):
        return None  # reading it says what is wrong
    offset = _start_of(path, info) + n_before
    mapped: NDArray[Any] = np.memmap(
        path, dtype=dtype, mode="r", offset=offset, shape=shape, order="F" if is_fortran else "C"
    )
    return mapped


def _start_of(path: Path, info: zipfile.ZipInfo) -> int:
    """Return the offset in an archive at which the content of a file begins."""
    with path.open("rb") as file:
        file.seek(info.header_offset + _LENGTHS)
        name, extra = struct.unpack("<HH", file.read(4))
    return info.header_offset + _LOCAL_HEADER + int(name + extra)
