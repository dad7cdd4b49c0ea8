"""The next configuration to try, from those observed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial

from optuna_dnc.gp import (
    GaussianProcess,
    KernelTerm,
    Mixture,
    default_terms,
    expected_improvement,
)
from optuna_dnc.samplers.presets import Preset
from optuna_dnc.space import SearchSpace

Array = NDArray[np.float64]


def finite_losses(trials: Sequence[FrozenTrial], *, maximize: bool) -> Array:
    """Return the values of COMPLETE trials as losses to minimise, (n,) float64, all finite.

    Infinite values are clipped to the worst or the best finite one: a log10 loss of -inf or a
    diverged training must not break the fit. All 0 where none is finite.
    """
    values = np.array([trial.value for trial in trials], dtype=np.float64)
    losses = -values if maximize else values
    finite = losses[np.isfinite(losses)]
    if finite.size == 0:
        return np.zeros_like(losses)
    return np.clip(losses, finite.min(), finite.max())


def propose(
    space: SearchSpace,
    x: Array,
    y: Array,
    *,
    kernels: Sequence[KernelTerm],
    preset: Preset,
    candidates: Array,
) -> Array:
    """Return the candidate of largest expected improvement, (d,) float64 positions without NaN.

    Args:
        space: The space of the positions.
        x: (n, d) float64 positions of the observed configurations, NaN where inactive.
        y: (n,) float64 finite losses.
        kernels: Kernel terms; parameters that none covers get one each.
        preset: Settings of the surrogate and the acquisition.
        candidates: (m, d) float64 positions without NaN, the first of which is the answer where
            nothing has been observed.
    """
    if len(y) == 0:
        first: Array = candidates[0]
        return first
    spread = float(np.std(y)) if preset.standardize else 1.0
    scaled = (y - np.mean(y)) / (spread or 1.0) if preset.standardize else y
    mixture = Mixture(terms=default_terms(space, kernels), omega=preset.omega)
    surrogate = GaussianProcess(kernel=mixture, space=space, noise=preset.noise).fit(x, scaled)
    mean, sd = surrogate.predict(space.activate(candidates))
    ei = expected_improvement(mean, sd, best=float(scaled.min()), xi=preset.xi)
    winner: Array = candidates[int(np.argmax(ei))]
    return winner
