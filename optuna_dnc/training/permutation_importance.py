"""Permutation importance of groups of inputs (Breiman 2001, "Random Forests", section 10)."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from optuna_dnc.data.feature_groups import FeatureGroup

N_REPEATS = 3


@dataclass(frozen=True)
class Importance:
    """Importance of a group of inputs."""

    name: str
    increase: float
    """Mean increase of the error when the values of the group are shuffled among the samples."""
    deviation: float
    """Standard deviation of the increase over the repetitions."""


def permutation_importance(
    error_of: Callable[[torch.Tensor], float],
    x: torch.Tensor,
    groups: Sequence[FeatureGroup],
    *,
    seed: int,
    is_late: Callable[[], bool] = lambda: False,
) -> list[Importance] | None:
    """Return the importance of each group of inputs, the largest first.

    All inputs of a group are shuffled in the same way, so that those of a sample stay together.

    Args:
        error_of: Error of a network for inputs ``(n, n_inputs)``.
        x: ``(n, n_inputs)`` float32; changed while this runs, and restored.
        groups: Groups of inputs.
        seed: Seed of the permutations.
        is_late: Whether time is up; asked before each group.

    Returns:
        None if time was up before the last group.
    """
    generator = torch.Generator().manual_seed(seed)
    before = error_of(x)
    found = []
    for group in groups:
        if is_late():
            return None
        columns = torch.tensor(group.indices, device=x.device)
        kept = x.index_select(1, columns)
        increases = []
        for _ in range(N_REPEATS):
            order = torch.randperm(len(x), generator=generator).to(x.device)
            x[:, columns] = kept[order]
            increases.append(error_of(x) - before)
        x[:, columns] = kept
        found.append(
            Importance(group.name, statistics.fmean(increases), statistics.pstdev(increases))
        )
    return sorted(found, key=lambda importance: -importance.increase)
