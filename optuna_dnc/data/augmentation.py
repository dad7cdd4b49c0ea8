"""Data augmentation of whole batches of images on their device: crops, flips, cutout."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from optuna_dnc._errors import InputError, shown


def augment(
    x: torch.Tensor,
    *,
    generator: torch.Generator,
    pad: int | None = None,
    flip: bool = True,
) -> torch.Tensor:
    """Shift every image by up to `pad` pixels in each direction, and mirror half of them.

    x: (n, channels, height, width), normalized, so that the zeros that move in are the mean
    color; pad: in pixels, default an eighth of the shorter side and at least 1. The result has
    the shape, dtype and memory format of x.
    """
    _check_images(x)
    n, channels, height, width = x.shape
    if pad is None:
        pad = max(1, min(height, width) // 8)
    if pad < 0:
        raise InputError(f"pad is {shown(pad)}; it must be 0 pixels or more.")

    def draw(high: int) -> torch.Tensor:
        drawn = torch.randint(0, high, (n, 1), generator=generator, device=generator.device)
        return drawn.to(x.device)

    rows = draw(2 * pad + 1) + torch.arange(height, device=x.device)  # (n, height)
    columns = torch.arange(width, device=x.device)
    shift = draw(2 * pad + 1)
    if flip:
        columns = torch.where(draw(2) == 1, columns.flip(0), columns)
    columns = columns + shift  # (n, width)

    # With channels last, a pixel is a row of a matrix and all crops are one index_select.
    padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, pad, pad, pad, pad)).contiguous()
    tall, wide = height + 2 * pad, width + 2 * pad
    first = torch.arange(n, device=x.device).mul_(tall)[:, None] + rows  # (n, height)
    pixels = first[:, :, None] * wide + columns[:, None, :]
    picked = padded.view(n * tall * wide, channels).index_select(0, pixels.flatten())
    result = picked.view(n, height, width, channels).permute(0, 3, 1, 2)
    return result.contiguous() if x.is_contiguous() else result


def cutout(x: torch.Tensor, side: int, *, generator: torch.Generator) -> torch.Tensor:
    """Set a square of every image to zero, centered on any of its pixels (arXiv 1708.04552).

    x: (n, channels, height, width), normalized, so that zero is the mean color; side: of the
    square, in pixels. Near an edge only a part of the square is in the image, as in the paper,
    whose code cuts odd sides one pixel short. The result has the shape, dtype and memory format
    of x.
    """
    _check_images(x)
    if side < 0:
        raise InputError(f"side is {shown(side)}; it must be 0 pixels or more.")

    def covered(length: int) -> torch.Tensor:
        """Return which positions along an edge the squares cover, (n, length) bool."""
        drawn = torch.randint(0, length, (len(x), 1), generator=generator, device=generator.device)
        places = torch.arange(length, device=x.device) - drawn.to(x.device) + side // 2
        return (places >= 0) & (places < side)

    rows, columns = covered(x.shape[2]), covered(x.shape[3])
    # Out of place, masked_fill loses the channels-last format.
    return x.clone().masked_fill_((rows[:, :, None] & columns[:, None, :])[:, None], 0)


def _check_images(x: torch.Tensor) -> None:
    if x.dim() != 4:
        raise InputError(
            f"x has shape {tuple(x.shape)}; augmentation needs images "
            "(N, channels, height, width), leave it out for other data."
        )
