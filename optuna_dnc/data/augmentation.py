"""Random crops and flips of whole batches of images, on their device."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from optuna_dnc._errors import InputError


def augment(
    x: torch.Tensor,
    *,
    generator: torch.Generator,
    pad: int | None = None,
    flip: bool = True,
) -> torch.Tensor:
    """Shift every image by up to `pad` pixels each way and mirror half of them left to right.

    x: (n, channels, height, width), normalised, so that the zeros that move in are the mean
    colour; pad: in pixels, default an eighth of the shorter side and at least 1. The result has
    the shape, dtype and memory format of x.
    """
    if x.dim() != 4:
        raise InputError(
            f"x has shape {tuple(x.shape)}; augmentation needs images "
            "(N, channels, height, width), leave it out for other data."
        )
    n, channels, height, width = x.shape
    if pad is None:
        pad = max(1, min(height, width) // 8)
    if pad < 0:
        raise InputError(f"pad is {pad}; it must be 0 pixels or more.")

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
