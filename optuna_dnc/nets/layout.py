"""Placement of batch norms, dropouts, shortcuts and downsampling in a network."""

from __future__ import annotations

import math
from collections.abc import Sequence

DOWNSAMPLE_ABOVE = (64, 128, 256)
"""The image is halved before the first layer whose channels exceed each of these."""

SHORTCUT_SPAN = 2
"""A shortcut that starts at layer i rejoins at layer i + 2."""


def spread_late(n_layers: int, fraction: float) -> tuple[bool, ...]:
    """Spread ``ceil(fraction * n_layers)`` things evenly over the layers, as late as possible.

    Deep-n-Cheap section 3.2. Seven layers and 1/2 give ``0101011``.

    Args:
        n_layers: Number of layers.
        fraction: Share of the layers that get one, in [0, 1].

    Returns:
        One flag a layer.
    """
    # The tolerance keeps fractions such as 0.28 * 25 from gaining a place by rounding.
    count = math.ceil(fraction * n_layers - 1e-9)
    places = {-(-j * n_layers // count) - 1 for j in range(1, count + 1)}
    return tuple(layer in places for layer in range(n_layers))


def shortcut_starts(n_layers: int, every: int) -> tuple[int, ...]:
    """Return the layers where shortcuts start: every ``every``-th that can rejoin.

    Args:
        n_layers: Number of layers.
        every: Distance between starts; 0 means no shortcuts.

    Returns:
        Indices of the layers whose output is carried over, ascending.
    """
    if every == 0:
        return ()
    return tuple(range(0, n_layers - SHORTCUT_SPAN, every))


def shortcuts_by_depth(n_layers: int) -> int:
    """Return the default distance of shortcut starts: none up to 8 layers, 4 up to 14, then 2."""
    if n_layers <= 8:
        return 0
    return 4 if n_layers <= 14 else 2


def downsampling_places(
    channels: Sequence[int], above: Sequence[int] = DOWNSAMPLE_ABOVE
) -> tuple[int, ...]:
    """Return the layers that halve the image: the first above each number of channels."""
    places = {
        next(i for i, count in enumerate(channels) if count > limit)
        for limit in above
        if any(count > limit for count in channels)
    }
    return tuple(sorted(places))


def spread_halvings(n_layers: int, n_halvings: int) -> tuple[int, ...]:
    """Return the layers that halve the image: the second, and others at even distances.

    The first layer sees the whole image: what pooling of the pixels loses, no layer brings back.
    Four layers and 3 halvings give ``(1, 2, 3)``, eight layers ``(1, 3, 5)``.
    """
    count = min(n_halvings, n_layers - 1)
    return tuple(1 + j * (n_layers - 1) // count for j in range(count))


def grow_channels(previous: int, growth: float, maximum: int) -> int:
    """Return the next channels: ``previous * growth``, rounded half up, at most ``maximum``."""
    return int(min(maximum, math.floor(previous * growth + 0.5)))


def halved(height: int, width: int, kind: str) -> tuple[int, int]:
    """Return the size of an image after ``pool``, ``stride`` or ``none``.

    Max-pooling drops an odd last row, a padded convolution of stride 2 keeps it.
    """
    if kind == "none":
        return height, width
    spare = 0 if kind == "pool" else 1
    return (height + spare) // 2, (width + spare) // 2


def bytes_of_norms(channels: Sequence[int]) -> int:
    """Return the bytes of the buffers of batch norms: means, variances, a count of batches."""
    return sum(2 * 4 * count + 8 for count in channels)


def halvings(side: int) -> int:
    """Return how often a side of so many pixels can be halved."""
    return max(0, side.bit_length() - 1)
