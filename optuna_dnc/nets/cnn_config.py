"""One convolutional network: its configuration, parameter count, shapes and ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from optuna_dnc._errors import InputError, unknown_name
from optuna_dnc.nets.configs import ACTIVATIONS, whole_numbers
from optuna_dnc.nets.layout import (
    DOWNSAMPLE_ABOVE,
    SHORTCUT_SPAN,
    downsampling_places,
    halved,
    halvings,
    shortcut_starts,
    shortcuts_by_depth,
    spread_halvings,
    spread_late,
)

DOWNSAMPLINGS = ("pool", "stride")


@dataclass(frozen=True)
class CNNConfig:
    """One convolutional network, layer by layer.

    A layer is ``[max-pooling] -> convolution -> [batch norm] -> [+ shortcut] -> activation ->
    [dropout]``. After the last one come global average pooling and one linear layer.
    """

    channels: tuple[int, ...]
    """Output channels of each conv layer."""
    kernel_sizes: tuple[int, ...]
    """Odd side of each layer's square kernel; the padding keeps the image's size."""
    downsampling: tuple[str, ...]
    """What halves the image at each layer: ``pool`` before it, its ``stride``, or ``none``."""
    batch_norm: tuple[bool, ...]
    """Whether each layer has batch norm."""
    dropout: tuple[float, ...]
    """Share of values dropped after each layer in training, in [0, 1)."""
    shortcuts: tuple[int, ...] = ()
    """Layers whose output is added again two layers later, ascending."""
    activation: str = "relu"
    """One of ``relu``, ``tanh``, ``sigmoid``."""

    def __post_init__(self) -> None:
        for field in ("channels", "kernel_sizes"):
            object.__setattr__(self, field, whole_numbers(field, getattr(self, field)))
        for field in ("downsampling", "batch_norm", "dropout", "shortcuts"):
            object.__setattr__(self, field, tuple(getattr(self, field)))
        n = len(self.channels)
        for field in ("kernel_sizes", "downsampling", "batch_norm", "dropout"):
            if len(getattr(self, field)) != n:
                raise InputError(
                    f"{field} must have one entry for each of the {n} layers in channels, "
                    f"got {len(getattr(self, field))}."
                )
        if not n:
            raise InputError("channels must name at least one layer, got ().")
        if any(size % 2 == 0 for size in self.kernel_sizes):
            raise InputError(f"kernel_sizes must be odd, got {self.kernel_sizes}.")
        for kind in self.downsampling:
            if kind not in ("none", *DOWNSAMPLINGS):
                raise unknown_name("downsampling", kind, ("none", *DOWNSAMPLINGS))
        if any(not 0 <= p < 1 for p in self.dropout):
            raise InputError(f"dropout must be at least 0 and below 1, got {self.dropout}.")
        if any(not 0 <= start < n - SHORTCUT_SPAN for start in self.shortcuts):
            raise InputError(
                f"shortcuts must start at least {SHORTCUT_SPAN + 1} layers before the end of the "
                f"{n} layers, got {self.shortcuts}."
            )
        if list(self.shortcuts) != sorted({*self.shortcuts}):
            raise InputError(f"shortcuts must be ascending, none twice, got {self.shortcuts}.")
        if self.activation not in ACTIVATIONS:
            raise unknown_name("activation", self.activation, ACTIVATIONS)

    def __str__(self) -> str:
        n = len(self.channels)
        parts = ["-".join(map(str, self.channels)), self.activation]
        halvings = [kind for kind in self.downsampling if kind != "none"]
        if halvings:
            parts.append("+".join(halvings))
        parts.append(f"bn {sum(self.batch_norm)}/{n}")
        if any(self.dropout):
            parts.append("drop " + "/".join(f"{p:g}" for p in sorted({*self.dropout} - {0.0})))
        if self.shortcuts:
            parts.append(f"{len(self.shortcuts)} shortcuts")
        if set(self.kernel_sizes) != {3}:
            parts.append("kernels " + "-".join(map(str, self.kernel_sizes)))
        return ", ".join(parts)


def standard_config(
    channels: Sequence[int],
    *,
    kernel_sizes: Sequence[int] | None = None,
    activation: str = "relu",
    first_dropout: float = 0.1,
    dropout: float = 0.3,
    downsample_above: Sequence[int] = DOWNSAMPLE_ABOVE,
    n_halvings: int | None = None,
) -> CNNConfig:
    """Return the network that stage 1 of Deep-n-Cheap trains for these channels.

    Batch norm everywhere, max-pooling where the channels pass 64, 128 and 256, shortcuts by
    depth, dropout after every layer.

    Args:
        channels: Output channels of each conv layer.
        kernel_sizes: Side of each layer's kernel; 3 everywhere if left out.
        activation: One of ``relu``, ``tanh``, ``sigmoid``.
        first_dropout: Share dropped after the first layer.
        dropout: Share dropped after each other layer.
        downsample_above: Channels above which the image is halved once each.
        n_halvings: Number of halvings, spread over the layers after the first; None for
            ``downsample_above``.
    """
    n = len(channels)
    if n_halvings is None:
        places = downsampling_places(channels, downsample_above)
    else:
        places = spread_halvings(n, n_halvings)
    return CNNConfig(
        channels=tuple(channels),
        kernel_sizes=tuple(kernel_sizes or (3,) * n),
        downsampling=tuple("pool" if layer in places else "none" for layer in range(n)),
        batch_norm=spread_late(n, 1.0),
        dropout=(first_dropout, *[dropout] * (n - 1)),
        shortcuts=shortcut_starts(n, shortcuts_by_depth(n)),
        activation=activation,
    )


def n_params(config: CNNConfig, input_shape: tuple[int, ...], n_outputs: int) -> int:
    """Count the trainable parameters without building the network."""
    sizes = (input_shape[0], *config.channels)
    convolutions = sum(
        n_in * n_out * kernel**2 + n_out
        for (n_in, n_out), kernel in zip(pairwise(sizes), config.kernel_sizes, strict=True)
    )
    norms = 2 * sum(normalized_channels(config))
    return convolutions + norms + (sizes[-1] + 1) * n_outputs


def normalized_channels(config: CNNConfig) -> list[int]:
    """Return the channels of each batch norm."""
    return [count for count, norm in zip(config.channels, config.batch_norm, strict=True) if norm]


def n_macs(config: CNNConfig, input_shape: tuple[int, ...], n_outputs: int) -> int:
    """Count the multiply-accumulates of one sample without building the network."""
    n_in, height, width = input_shape
    total = 0
    for n_out, kernel, kind in zip(
        config.channels, config.kernel_sizes, config.downsampling, strict=True
    ):
        height, width = halved(height, width, kind)
        total += kernel**2 * n_in * n_out * height * width
        n_in = n_out
    return total + n_in * n_outputs


def check_shapes(config: CNNConfig, input_shape: tuple[int, ...]) -> None:
    """Raise :class:`InputError` where the images run out of pixels on their way."""
    check_is_image("cnn", input_shape)
    height, width = input_shape[1:]
    for layer, kind in enumerate(config.downsampling):
        if kind == "none":
            continue
        if min(height, width) < 2:
            raise InputError(
                f"channels {config.channels}: the network is too deep for images of "
                f"{input_shape[1]} x {input_shape[2]}; before layer {layer + 1} only "
                f"{height} x {width} pixels are left to halve. Use fewer downsampling places."
            )
        height, width = halved(height, width, kind)


def check_is_image(network: str, input_shape: tuple[int, ...]) -> None:
    """Raise :class:`InputError` unless the samples are images.

    Args:
        network: The name of the family that needs them.
        input_shape: Shape of one sample.
    """
    if len(input_shape) != 3:
        raise InputError(
            f"network {network!r} needs images of shape (channels, height, width), got samples of "
            f"shape {input_shape}; choose network 'mlp' for them."
        )


SMALLEST_SIDE = 4
"""Pixels; images are halved until half of them would be fewer."""

_CHANNELS = ((2_000, 16), (20_000, 32), (math.inf, 64))
"""Most channels of the first layer, up to a number of training samples."""


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
    n_halvings = halvings(min(input_shape[1:]) // SMALLEST_SIDE)
    return {
        "n_layers": (2, 2 + 2 * n_halvings),
        "channels": (8, widest),
        "max_channels": 8 * widest,
        "n_halvings": n_halvings,
        "activation": ("relu",),
        "batch_norm": (0.0, 1.0),
        "dropout_share": (0.0, 0.5, 1.0),
        "first_dropout": (0.1,),
        "dropout": (0.1, 0.3),
        "core_first_dropout": 0.0,
        "core_dropout": 0.0,
    }
