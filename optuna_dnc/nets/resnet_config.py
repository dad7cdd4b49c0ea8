"""One residual network: its configuration, the shapes of its blocks, its parameter count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from optuna_dnc._errors import InputError, unknown_name
from optuna_dnc.nets.configs import whole_numbers
from optuna_dnc.nets.layout import halved

BLOCKS = ("basic", "bottleneck")
SHORTCUTS = ("projection", "pool")
REGULARISERS = ("none", "shake-shake", "shake-drop")

MOST_STAGES = 4

_EXPANSION = {"basic": 1, "bottleneck": 4}
"""Output channels of a block over those of its 3x3 convolutions."""


@dataclass(frozen=True)
class ResNetConfig:
    """One pre-activation residual network (He et al., arXiv 1603.05027), wide or not.

    ``3x3 convolution -> stages of blocks -> batch norm -> ReLU -> global average -> linear``.
    Stage ``s = 0, 1, ...`` has ``channels * widening * 2**s`` channels, four times as many at
    the ends of bottlenecks, and each stage but the first halves the image. A wide residual
    network WRN-d-k (arXiv 1605.07146) is ``ResNetConfig(((d - 4) // 6,) * 3, widening=k)``.
    """

    blocks: tuple[int, ...] = (2, 2, 2)
    """Residual blocks of each of the one to four stages."""
    widening: int = 1
    """Factor on the channels of every stage."""
    channels: int = 16
    """Output channels of the first convolution."""
    block: str = "basic"
    """``basic``: two 3x3 convolutions. ``bottleneck``: 1x1, 3x3, 1x1."""
    shortcut: str = "projection"
    """Where a block changes the shape: a 1x1 convolution, or ``pool``: averages, zero-padded."""
    dropout: float = 0.0
    """Share of the values dropped before the last convolution of each branch, in [0, 1)."""
    regulariser: str = "none"
    """``shake-shake`` gives each block two branches; ``shake-drop``; or ``none``."""
    death_rate: float = 0.5
    """Of the last block with shake-drop, in [0, 1]; the rates grow linearly. Else 0."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", whole_numbers("blocks", self.blocks))
        whole_numbers("widening", (self.widening,))
        whole_numbers("channels", (self.channels,))
        if not 1 <= len(self.blocks) <= MOST_STAGES:
            raise InputError(
                f"blocks must name one to {MOST_STAGES} stages, got {self.blocks}; give the "
                "number of residual blocks of each."
            )
        for field, allowed in (
            ("block", BLOCKS),
            ("shortcut", SHORTCUTS),
            ("regulariser", REGULARISERS),
        ):
            if getattr(self, field) not in allowed:
                raise unknown_name(field, getattr(self, field), allowed)
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout must be at least 0 and below 1, got {self.dropout}.")
        if not 0 <= self.death_rate <= 1:
            raise InputError(f"death_rate must be from 0 to 1, got {self.death_rate}.")
        # Equal networks have equal configs: the search knows by them what it has trained.
        if self.regulariser != "shake-drop":
            object.__setattr__(self, "death_rate", 0.0)
        elif self.death_rate == 0:
            object.__setattr__(self, "regulariser", "none")

    @property
    def n_branches(self) -> int:
        """Residual branches of a block."""
        return 2 if self.regulariser == "shake-shake" else 1

    def __str__(self) -> str:
        parts = [f"{'-'.join(map(str, self.blocks))} {self.block}", f"width {self.widening}"]
        if self.channels != 16:
            parts.append(f"{self.channels} channels")
        if self.shortcut != "projection":
            parts.append(f"{self.shortcut} shortcuts")
        if self.dropout:
            parts.append(f"drop {self.dropout:g}")
        if self.regulariser == "shake-drop":
            parts.append(f"shake-drop {self.death_rate:g}")
        elif self.regulariser != "none":
            parts.append(self.regulariser)
        return ", ".join(parts)


class BlockShape(NamedTuple):
    """Channels of a residual block, and what it does to the image."""

    n_in: int
    n_inner: int
    """Of its 3x3 convolutions."""
    n_out: int
    stride: int

    @property
    def keeps_shape(self) -> bool:
        """Whether the input can be added to the output as it is."""
        return self.stride == 1 and self.n_in == self.n_out


def block_shapes(config: ResNetConfig) -> list[BlockShape]:
    """Return the shape of each block, from the input on."""
    shapes: list[BlockShape] = []
    n_in = config.channels
    for stage, n_blocks in enumerate(config.blocks):
        n_inner = config.channels * config.widening * 2**stage
        n_out = n_inner * _EXPANSION[config.block]
        for number in range(n_blocks):
            stride = 2 if stage and number == 0 else 1
            shapes.append(BlockShape(n_in, n_inner, n_out, stride))
            n_in = n_out
    return shapes


def n_params(config: ResNetConfig, input_shape: tuple[int, ...], n_outputs: int) -> int:
    """Count the trainable parameters without building the network."""
    shapes = block_shapes(config)
    total = 9 * input_shape[0] * config.channels
    for shape in shapes:
        n_in, n_inner, n_out, _ = shape
        if config.block == "basic":
            branch = 9 * n_in * n_inner + 2 * n_inner + 9 * n_inner * n_out
        else:
            branch = n_in * n_inner + 9 * n_inner**2 + n_inner * n_out + 4 * n_inner
        total += 2 * n_in + config.n_branches * branch
        if config.shortcut == "projection" and not shape.keeps_shape:
            total += n_in * n_out
    last = shapes[-1].n_out
    return total + 2 * last + (last + 1) * n_outputs


def normalized_channels(config: ResNetConfig) -> list[int]:
    """Return the channels of each batch norm."""
    shapes = block_shapes(config)
    inner = 1 if config.block == "basic" else 2
    blocks = [
        count
        for shape in shapes
        for count in (shape.n_in, *[shape.n_inner] * (inner * config.n_branches))
    ]
    return [*blocks, shapes[-1].n_out]


def n_macs(config: ResNetConfig, input_shape: tuple[int, ...], n_outputs: int) -> int:
    """Count the multiply-accumulates of one sample without building the network."""
    shapes = block_shapes(config)
    n_channels, height, width = input_shape
    total = 9 * n_channels * config.channels * height * width
    for shape in shapes:
        n_in, n_inner, n_out, stride = shape
        before = height * width
        height, width = halved(height, width, "stride" if stride == 2 else "none")
        after = height * width
        if config.block == "basic":
            branch = 9 * n_in * n_inner * after + 9 * n_inner * n_out * after
        else:
            branch = n_in * n_inner * before + (9 * n_inner**2 + n_inner * n_out) * after
        total += config.n_branches * branch
        if config.shortcut == "projection" and not shape.keeps_shape:
            total += n_in * n_out * after
    return total + shapes[-1].n_out * n_outputs
