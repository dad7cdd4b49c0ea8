"""Format that image files are decoded to: channels, size and type of pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, get_args

from optuna_dnc._errors import InputError

PixelType: TypeAlias = Literal["uint8", "uint16", "float32"]

PIXEL_TYPES: tuple[PixelType, ...] = get_args(PixelType)


@dataclass(frozen=True)
class ImageFormat:
    """Shape and pixels of the samples that image files become.

    An image of another size is scaled until it covers ``height x width``, with its aspect ratio
    kept, and cut to them at its center. Orientation in EXIF is applied. Transparent pixels are
    laid on white. All of it is plain Python and goes through JSON unchanged.
    """

    channels: Literal[1, 3]
    """1 for grey, 3 for red, green and blue."""
    height: int
    width: int
    dtype: PixelType = "uint8"
    """Type of the pixels, which keep the values that the files have."""
    column: str | None = None
    """Column of the paths, if the data were a table of paths."""
    target: tuple[str, ...] = ()
    """Columns that are predicted, in such a table."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of a sample."""
        return self.channels, self.height, self.width

    @property
    def description(self) -> str:
        """How a file becomes a sample, in words."""
        color = "grey" if self.channels == 1 else "RGB"
        return (
            f"{color} images of {self.height} x {self.width} pixels (height x width), "
            f"{self.dtype}; others are scaled to cover this and cut at their center"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain Python."""
        return asdict(self)

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> ImageFormat:
        """Create it from the fields of `to_dict`, also after they were stored as JSON."""
        return cls(**{**saved, "target": tuple(saved["target"])})


def format_of_arrays(shape: tuple[int, ...], scale: float) -> ImageFormat:
    """Return the format of files for a network that was trained on arrays of bytes.

    Args:
        shape: Shape of its samples.
        scale: Factor of its raw samples, 1 unless they were images of bytes.

    Raises:
        InputError: Training had no images of one or three channels, or no bytes.
    """
    if len(shape) != 3 or shape[0] not in (1, 3) or scale == 1.0:
        raise InputError(
            f"x are files of images, but training had arrays of shape {shape}"
            f"{'' if len(shape) < 3 else ' whose unit is unknown'}; give arrays as in training."
        )
    channels, height, width = shape
    return ImageFormat(1 if channels == 1 else 3, height, width)
