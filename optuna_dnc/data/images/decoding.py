"""Decoding of image files to arrays, and the format that different images have in common."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from optuna_dnc._errors import InputError, brief
from optuna_dnc.data.images.image_format import PIXEL_TYPES, ImageFormat, PixelType
from optuna_dnc.data.memory import free_memory, gibibytes

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm")

_GREY = ("1", "L", "LA", "La", "I", "F")
"""Pillow's modes without color, beside those of 16 bits."""

_ORIENTATION = 0x0112
"""EXIF tag of the orientation; from 5 on, the sides are exchanged."""

_TURNED = ("JPEG", "MPO", "WEBP")
"""Formats whose orientation is read for the header. Pillow decodes the whole of a PNG file to look
for EXIF, which it hardly ever has, and newer versions exchange the sides of TIFF files."""

_DEPTH = 257
"""Value of 16 bits for a unit of 8 bits: 255 becomes 65535."""


class Header(NamedTuple):
    """Header of an image file, which is read before its pixels are decoded."""

    height: int
    width: int
    is_grey: bool
    dtype: PixelType


class UnreadableImage(ValueError):  # noqa: N818 - says what is wrong, as FileNotFoundError
    """An image file cannot be read; the message says why, without the path."""


def read_header(path: Path) -> Header:
    """Read the header of an image file.

    Raises:
        UnreadableImage: It is not an image.
    """
    try:
        with Image.open(path) as image:
            _check_depth(image)
            tag = image.getexif().get(_ORIENTATION, 1) if image.format in _TURNED else 1
            width, height = image.size if tag < 5 else image.size[::-1]
            return Header(height, width, _is_grey(image), _pixel_type(image))
    except UnreadableImage:
        raise
    except Exception as error:  # Pillow's decoders have no common one
        raise UnreadableImage(_reason(error)) from error


def decode(path: Path, form: ImageFormat) -> NDArray[Any]:
    """Decode the first image of a file as an array ``(channels, height, width)``.

    Raises:
        UnreadableImage: It cannot be decoded, or has other pixels than the format.
    """
    try:
        # Of a path, Pillow would map some TIFF files into memory, which it turns wrongly.
        with path.open("rb") as file, Image.open(file) as image:
            _check_depth(image)
            image.load()  # turns a TIFF file, which then has no orientation any more
            upright = ImageOps.exif_transpose(image)
            pixel_type = _pixel_type(image)
        if (pixel_type == "float32") != (form.dtype == "float32"):
            raise UnreadableImage(f"its pixels are {pixel_type}, and not {form.dtype}")
        flat = _in_format(upright, pixel_type, form)
        size = (form.width, form.height)
        if flat.size != size:
            flat = ImageOps.fit(flat, size, Image.Resampling.BILINEAR)
        pixels = np.asarray(flat)
    except UnreadableImage:
        raise
    except Exception as error:
        raise UnreadableImage(_reason(error)) from error
    if form.dtype == "uint16":
        pixels = np.clip(np.rint(pixels), 0, 2**16 - 1)
    channels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return channels.astype(form.dtype, copy=False)


def _in_format(image: Image.Image, pixel_type: PixelType, form: ImageFormat) -> Image.Image:
    """Return an image in mode L or RGB for 8 bits, and in F for others."""
    if form.dtype == "uint8":
        if pixel_type == "uint16":  # Pillow would cut the values at 255
            image = Image.fromarray(np.uint8(np.rint(np.asarray(image) / _DEPTH)))
        return _opaque(image).convert("L" if form.channels == 1 else "RGB")
    if pixel_type == "uint8":
        image = Image.fromarray(np.asarray(_opaque(image).convert("L"), np.float32) * _DEPTH)
    return Image.fromarray(np.asarray(image, np.float32))


def _opaque(image: Image.Image) -> Image.Image:
    """Lay transparent pixels on white."""
    if not image.has_transparency_data:
        return image
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)


def _is_grey(image: Image.Image) -> bool:
    if image.mode in ("P", "PA"):
        palette = image.getpalette() or []
        return palette[0::3] == palette[1::3] == palette[2::3]
    return image.mode in _GREY or image.mode.startswith("I;16")


def _check_depth(image: Image.Image) -> None:
    """Raise if Pillow would reduce channels from 16 bits to 8, as it does in color images."""
    decoder = [tile.args for tile in getattr(image, "tile", ())]  # of images that are not loaded
    is_cut = ";16" in str(decoder) and not image.mode.startswith("I")
    if image.format == "PPM" and image.mode == "RGB":
        is_cut = any(isinstance(args, tuple) and args[-1] > 255 for args in decoder)
    if is_cut:
        raise UnreadableImage(
            "its channels have 16 bits, which color images may not have: save it with 8 bits, or "
            "give the pixels as uint16 arrays in an .npz file"
        )


def _pixel_type(image: Image.Image) -> PixelType:
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        return "uint16"
    return "float32" if image.mode in ("I", "F") else "uint8"


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "it is no image"
    return brief(error) if not isinstance(error, OSError) else error.strerror or brief(error)


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
        name: Name of the data set.
        headers: Headers of the files.
        size: Height and width; None to choose them.

    Raises:
        InputError: Some images, but not all, have floats as pixels.
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
