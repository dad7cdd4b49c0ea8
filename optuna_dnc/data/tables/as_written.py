"""Numbers of CSV files that keep their text, since points in it may separate thousands."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


class WrittenNumbers(pa.ExtensionType):  # type: ignore[misc]  # pyarrow has no types
    """Type of columns with plain numbers, such as ``1.234``, whose points may separate thousands.

    Each file is read on its own, and some rows may not tell what the points of a column mean.
    Where nothing else is known, they are decimal points.
    """

    def __init__(self) -> None:
        super().__init__(pa.string(), "optuna_dnc.written_numbers")

    def __arrow_ext_serialize__(self) -> bytes:
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, storage: pa.DataType, serialized: bytes) -> WrittenNumbers:
        return cls()


def as_written(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return strings with plain numbers as a column of this type."""
    kind = WrittenNumbers()
    chunks = [pa.ExtensionArray.from_storage(kind, chunk) for chunk in text.chunks]
    return pa.chunked_array(chunks, kind)


def is_as_written(values: pa.ChunkedArray) -> bool:
    """Return whether a column is of this type."""
    return isinstance(values.type, WrittenNumbers)


def written(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of this type as strings, and others as they are."""
    if not is_as_written(values):
        return values
    return pa.chunked_array([chunk.storage for chunk in values.chunks], pa.string())


def may_have_thousands(values: pa.ChunkedArray) -> bool:
    """Return whether points in the text of some floats may separate thousands.

    Then they are whole and below 1000, or have three digits behind the point and none is 0 before
    it.
    """
    known = values.drop_null()
    return all(_may_have_thousands(part) for part in (known[:_HEAD], known))


_HEAD = 1000
"""Numbers that are checked before all numbers are."""


def _may_have_thousands(values: pa.ChunkedArray) -> bool:
    sizes = np.abs(values.to_numpy())
    with np.errstate(over="ignore", invalid="ignore"):
        is_grouped = (sizes >= 1) & (np.rint(sizes * 1000) / 1000 == sizes)
    return bool(np.all((sizes < 1000) & (is_grouped | (sizes == 0))))
