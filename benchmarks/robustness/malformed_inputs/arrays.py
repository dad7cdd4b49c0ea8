"""Files of arrays with something wrong: dtypes, shapes, values, objects, archives."""

from __future__ import annotations

import io
import pickle
import random
import struct
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np


class Trap:
    """Creates a file if it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.canary,)


def data_sets(
    good: dict[str, np.ndarray], canary: Path, rng: random.Random
) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of one .npz after the other, without an end."""
    intact = _npz(good)
    while True:
        key = rng.choice(list(good))
        kind = rng.choice(("array",) * 6 + ("truncated", "bytes", "header", "archive", "missing"))
        if kind == "array":
            name, array = _wrong_array(good[key], canary, rng)
            yield f"{key} {name}", _npz(good | {key: array})
        elif kind == "truncated":
            end = rng.randrange(len(intact))
            yield f"first {end} bytes", intact[:end]
        elif kind == "bytes":
            content = bytearray(intact)
            where = rng.randrange(len(content))
            content[where] ^= 1 << rng.randrange(8)
            yield f"bit of byte {where}", bytes(content)
        elif kind == "header":
            name, header = rng.choice(_headers(canary))
            yield f"{key} with {name}", _archive(good, key, header)
        elif kind == "archive":
            yield _odd_archive(good, key, rng)
        else:
            yield f"without {key}", _npz({k: v for k, v in good.items() if k != key})


def _wrong_array(good: np.ndarray, canary: Path, rng: random.Random) -> tuple[str, Any]:
    n = len(good)
    odd = good.astype(np.float64)
    odd.flat[rng.randrange(odd.size)] = rng.choice((np.nan, np.inf, -np.inf, 1e308, 1e-320))
    objects = np.empty(n, dtype=object)
    objects[:] = [Trap(canary)] * n
    choices: dict[str, Any] = {
        "with an odd value": odd,
        "as objects": objects,
        "as complex": good.astype(complex),
        "as text": good.astype(str),
        "as bytes": good.astype("S8"),
        "as float16": good.astype(np.float16),
        "as longdouble": good.astype(np.longdouble),
        "big-endian": good.astype(">f8"),
        "as bool": good.astype(bool),
        "as uint64 near its end": np.full(good.shape, 2**64 - 1, dtype=np.uint64),
        "as dates": np.zeros(good.shape, dtype="M8[ns]"),
        "as a record": np.zeros(n, dtype=[("a", "f8"), ("b", "i4")]),
        "as void": np.zeros(good.shape, dtype="V8"),
        "empty": good[:0],
        "without columns": np.zeros((n, 0)),
        "a scalar": np.float64(3.0),
        "of one sample": good[:1],
        "shorter": good[: n // 2],
        "of 3 dimensions": np.zeros((n, 4, 4)),
        "of 20 dimensions": np.zeros((n,) + (1,) * 19),
        "of images": np.zeros((n, 1, 2, 2)),
        "constant": np.zeros_like(good),
        "all labels differ": np.arange(n),
        "negative": -np.abs(good),
    }
    name = rng.choice(list(choices))
    return name, choices[name]


def _headers(canary: Path) -> list[tuple[str, bytes]]:
    """Contents of .npy members whose header lies."""

    def npy(header: str, body: bytes = b"", magic: bytes = b"\x93NUMPY\x01\x00") -> bytes:
        text = header.encode("latin1") + b"\n"
        return magic + struct.pack("<H", len(text)) + text + body

    shape = "{{'descr': '<f8', 'fortran_order': False, 'shape': {}, }}"
    return [
        ("a shape of 10^12", npy(shape.format((10**12,)), b"\0" * 64)),
        ("a shape of 10^30", npy(shape.format((10**30,)), b"\0" * 64)),
        ("a negative shape", npy(shape.format((-4,)), b"\0" * 64)),
        ("text for a shape", npy(shape.format("'x'"))),
        ("an expression for a header", npy("__import__('os').abort()")),
        ("an unknown dtype", npy(shape.format((4,)).replace("<f8", "<q9"))),
        (
            "a dtype of objects",
            npy(shape.format((4,)).replace("<f8", "|O"), pickle.dumps([canary])),
        ),
        ("a header that ends early", npy(shape.format((4,)))[:30]),
        ("a deep header", npy("[" * 5000 + "]" * 5000)),
        ("no magic", b"NUMPY" + b"\0" * 64),
        ("version 9", npy(shape.format((1,)), b"\0" * 8, b"\x93NUMPY\x09\x00")),
        ("nothing", b""),
        ("a pickle", pickle.dumps(Trap(canary))),
    ]


def _odd_archive(good: dict[str, np.ndarray], key: str, rng: random.Random) -> tuple[str, bytes]:
    kind = rng.choice(("a small bomb", "one name twice", "an absolute name", "nothing in it"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        if kind != "nothing in it":
            for name, array in good.items():
                archive.writestr(f"{name}.npy", _npy(array))
        if kind == "a small bomb":
            archive.writestr("bomb.npy", _npy(np.zeros((4_000_000, 2), dtype=np.int8)))
            archive.writestr("lie.npy", b"\0" * 50_000_000)
        elif kind == "one name twice":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                archive.writestr(f"{key}.npy", _npy(np.zeros(3)))
        elif kind == "an absolute name":
            archive.writestr("/../../outside.npy", _npy(np.zeros(3)))
    return f"{kind} ({key})", buffer.getvalue()


def _archive(good: dict[str, np.ndarray], key: str, member: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in good.items():
            archive.writestr(f"{name}.npy", member if name == key else _npy(array))
    return buffer.getvalue()


def _npz(arrays: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()
