"""Ranges of CNNs that depend on the data."""

from __future__ import annotations

import math
from typing import Any

from optuna_dnc.nets.layout import halvings

SMALLEST_SIDE = 4
"""Pixels; images are halved until half of them would be fewer."""

_CHANNELS = ((2_000, 16), (20_000, 32), (math.inf, 64))
"""Most channels of the first layer, up to a number of training samples."""

_FIRST_HALVING = 12
"""Channels above which the image is halved for the first time; twice as many for each next."""


def suited_ranges(
    n_train: int, input_shape: tuple[int, ...], *, widest: int | None
) -> dict[str, Any]:
    """Return ranges for a number of samples and a size of images.

    Small networks halve their images, too, or they would take as long as large ones: the
    published networks of up to 64 channels never do.

    Args:
        n_train: Number of training samples.
        input_shape: ``(channels, height, width)``.
        widest: Most channels of the first layer; None for a number by the samples.
    """
    if widest is None:
        widest = next(size for most, size in _CHANNELS if n_train < most)
    most = 8 * widest
    n_halvings = halvings(min(input_shape[1:]) // SMALLEST_SIDE)
    return {
        "n_layers": (2, 2 + 2 * n_halvings),
        "channels": (8, widest),
        "max_channels": most,
        # No network has more than the most channels: the smallest images are never halved.
        "downsample_above": tuple(_FIRST_HALVING * 2**i for i in range(n_halvings)) or (most,),
        "activation": ("relu",),
        "batch_norm": (0.0, 1.0),
        "dropout_share": (0.0, 0.5, 1.0),
        "first_dropout": (0.1,),
        "dropout": (0.1, 0.3),
        "core_first_dropout": 0.0,
        "core_dropout": 0.0,
    }
