"""Named settings of the sampler."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What the surrogate and the acquisition of :class:`DNCSampler` are set to."""

    standardize: bool
    """Whether losses are brought to mean 0 and standard deviation 1 before the fit."""
    omega: float = 3.0
    """Largest distance of the ramp kernel."""
    noise: float = 1e-4
    """Noise variance on the diagonal, in the squared unit of the losses as fitted."""
    xi: float = 1e-4
    """What an improvement must exceed, in the unit of the losses as fitted."""


PRESETS = {
    "deep-n-cheap": Preset(standardize=False),
    "default": Preset(standardize=True),
}
