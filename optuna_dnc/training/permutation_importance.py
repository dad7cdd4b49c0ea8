"""Permutation importance of groups of inputs (Breiman 2001, "Random Forests", section 10)."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from optuna_dnc.data.preprocessing import Preprocessing

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


@dataclass(frozen=True)
class FeatureGroup:
    """Inputs that belong together, such as those of the categories of a column."""

    name: str
    indices: tuple[int, ...]
    """Indices of the inputs, ascending."""


def feature_groups(preprocessing: Preprocessing) -> list[FeatureGroup]:
    """Return the inputs by the columns that they come from, in order; empty for images.

    Inputs of arrays have a group each, by the name of the feature or its number.
    """
    if len(preprocessing.input_shape) != 1:
        return []
    if preprocessing.table is not None:
        names = preprocessing.table.sources
    elif preprocessing.feature_names is not None:
        names = preprocessing.feature_names
    else:
        names = tuple(f"feature {index}" for index in range(preprocessing.input_shape[0]))
    indices: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        indices.setdefault(name, []).append(index)
    return [FeatureGroup(name, tuple(members)) for name, members in indices.items()]
