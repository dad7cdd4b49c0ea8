"""The validation split."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, shown
from optuna_dnc._limits import LARGEST_INT


def split_validation(
    y: NDArray[Any], *, fraction: float = 0.2, seed: int, stratify: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose at random which samples are held out, so that sorted data do no harm.

    y: (N,) labels, or (N, ...) targets when not stratified. With `stratify` every class gives
    `fraction` of its samples, rounded, but keeps at least one on each side if it has two.

    Returns sorted indices (n_train,) and (n_val,) int64, disjoint and together all of 0..N-1.
    """
    if not 0 < fraction < 1:
        raise InputError(
            f"val_fraction is {shown(fraction)}; it must lie between 0 and 1, for example 0.2."
        )
    n = len(y)
    if n < 2:
        raise InputError(f"y has {n} samples; a validation split needs at least two.")
    groups = np.unique(y, return_inverse=True)[1] if stratify else np.zeros(n, dtype=np.int64)
    sizes = np.bincount(groups)
    held_out = np.clip(np.rint(fraction * sizes), 1, sizes - 1)  # a class of one stays in training
    validation = shuffled_ranks(groups, seed) < held_out[groups]
    return np.flatnonzero(~validation), np.flatnonzero(validation)


def shuffled_ranks(groups: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """Number the members of each group 0, 1, ... in random order.

    groups: (N,) group index of each sample, int64 from 0. Returns (N,) int64.
    """
    if not isinstance(seed, Integral) or not 0 <= int(seed) <= LARGEST_INT:
        raise InputError(
            f"seed is {shown(seed)}; it must be an integer of at least 0 and below 2**63."
        )
    n = len(groups)
    order = np.random.default_rng(seed).permutation(n)
    order = order[np.argsort(groups[order], kind="stable")]  # by group, shuffled within
    sizes = np.bincount(groups)
    starts = np.cumsum(sizes) - sizes
    ranks = np.empty(n, dtype=np.int64)
    ranks[order] = np.arange(n) - starts[groups[order]]
    return ranks
