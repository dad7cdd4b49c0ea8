"""Python code that writes one network out, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkSource:
    """The parts of a network's code that depend on what the network is.

    Layers are made in the order of the searched network's own, so that weights can be handed
    over from one to the other in this order.
    """

    title: str
    """What it is, in a line without a full stop."""
    layers: tuple[str, ...]
    """Statements of ``__init__``."""
    steps: tuple[str, ...]
    """Statements of ``forward``, which is given ``x``."""
    helpers: str = ""
    """Classes that the layers need; empty, or ended by two empty lines."""
    convolves: bool = True
    """Whether images are kept with the channels last in memory, as convolutions want them."""
