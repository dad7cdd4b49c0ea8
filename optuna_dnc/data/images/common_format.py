"""Format of a set of images of different sizes and kinds."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data.images.decoding import Header
from optuna_dnc.data.images.image_format import PIXEL_TYPES, ImageFormat
from optuna_dnc.data.memory import free_memory, gibibytes

LONGEST_SIDE = 224
"""Pixels of the longer side of a sample, unless a size is given."""

_COPY = 4
"""Bytes of a value in the copy that networks are trained on, float32."""


def common_format(
    name: str, headers: Sequence[Header], size: tuple[int, int] | None
) -> ImageFormat:
    """Return the format that the training images are brought to.

    One channel if all are grey, else three. 16 bits or floats if grey images have them, else 8
    bits. The median height and width, scaled down to `LONGEST_SIDE` at most.

    Args:
        name: Of the data set.
        headers: What the files say of their images.
        size: Height and width; None to choose them.

    Raises:
        InputError: Some images have floats as pixels, and others not.
    """
    types = {header.dtype for header in headers}
    if "float32" in types and len(types) > 1:
        raise InputError(
            f"{name} has images of {' and '.join(sorted(types))}, whose values are not comparable;"
            " save all in one format."
        )
    is_grey = all(header.is_grey for header in headers)
    dtype = max(types, key=PIXEL_TYPES.index) if is_grey else "uint8"
    sizes = np.array([(header.height, header.width) for header in headers])
    height, width = size or _median_size(sizes)
    if np.any(sizes != (height, width)):
        low, high = (" x ".join(map(str, end(sizes, axis=0))) for end in (np.min, np.max))
        warnings.warn(
            f"{name} has images of {low if low == high else f'{low} to {high}'} pixels (height x "
            f"width); each is scaled to cover {height} x {width} and cut at its center"
            + ("." if size else "; set another size with image_size=."),
            stacklevel=6,
        )
    return ImageFormat(1 if is_grey else 3, height, width, dtype)


def check_memory(name: str, n: int, form: ImageFormat) -> None:
    """Raise if the memory cannot hold `n` samples and their normalized copy."""
    n_bytes = n * math.prod(form.shape) * (np.dtype(form.dtype).itemsize + _COPY)
    free = free_memory()
    if free is not None and n_bytes > free:
        smaller = math.sqrt(free / n_bytes)
        raise InputError(
            f"{name} takes {gibibytes(n_bytes)} as {n:,} images of {form.height} x {form.width} "
            f"pixels, and {gibibytes(free)} of memory are free; give a smaller size, such as "
            f"image_size='{int(form.height * smaller)}x{int(form.width * smaller)}', or fewer "
            "images."
        )


def _median_size(sizes: NDArray[np.int64]) -> tuple[int, int]:
    """Return the median height and width of `sizes`, (n, 2), with the longer side bounded."""
    height, width = np.median(sizes, axis=0)
    shrink = min(1.0, LONGEST_SIDE / max(height, width))
    return max(1, round(shrink * height)), max(1, round(shrink * width))
