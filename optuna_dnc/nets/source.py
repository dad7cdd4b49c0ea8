"""Python code of one network, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkSource:
    """The parts of an exported Python file that depend on the network.

    Layers are created in the same order as those of the searched network: the export copies the
    weights from one to the other in this order.
    """

    title: str
    """Description in one line, without a full stop."""
    layers: tuple[str, ...]
    """Statements of ``__init__``."""
    steps: tuple[str, ...]
    """Statements of ``forward``, whose argument is ``x``."""
    helpers: str = ""
    """Classes and functions that the layers need: empty, or ending with two empty lines."""
