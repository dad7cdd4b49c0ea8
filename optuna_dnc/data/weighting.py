"""What samples and classes count in a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import torch

from optuna_dnc._errors import InputError, unknown_name

ClassWeight: TypeAlias = Mapping[str, float] | Literal["balanced"] | None
"""`balanced`, or weights by the text of the label."""


def class_weights(
    given: ClassWeight,
    y: torch.Tensor,
    weights: torch.Tensor | None,
    labels: Sequence[int | bool | str] | None,
) -> tuple[float, ...] | None:
    """Return what the samples of each class count in the training loss; None if all the same.

    given: `balanced` for weights with which all classes count the same, as in scikit-learn; of a
    mapping, labels that it lacks count 1.
    y, weights: (n,) classes and weights of the training samples.
    labels: the labels of the classes; None for a regression.
    """
    if given is None:
        return None
    if labels is None:
        raise InputError("class_weight needs classes, but the task is regression; leave it out.")
    if isinstance(given, str):
        counts = torch.bincount(y, weights, minlength=len(labels)).double()
        balanced = counts.sum() / (len(labels) * counts)
        return tuple(torch.where(counts > 0, balanced, 1.0).tolist())
    names = [str(label) for label in labels]
    if unknown := [name for name in given if name not in names]:
        raise unknown_name("class_weight: the label", unknown[0], names)
    return tuple(given.get(name, 1.0) for name in names)


def weighted_variance(y: torch.Tensor, weights: torch.Tensor) -> float:
    """Return the variance of targets (n, k) by weights (n,), the mean over the columns."""
    shares = (weights.double() / weights.double().sum())[:, None]
    mean = (shares * y).sum(dim=0)
    return float((shares * (y - mean) ** 2).sum(dim=0).mean())
