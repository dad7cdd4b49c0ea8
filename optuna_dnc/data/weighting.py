"""Weights of samples and classes in training."""

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
    """Return the weight of each class in the training loss; None if all are equal.

    Of several yes/no labels, what a label counts that is there, where one that is not counts 1.

    given: `balanced` for weights with which all classes count the same, or both values of a label,
    as in scikit-learn; of a mapping, labels that it lacks count 1.
    y: (n,) classes, or (n, labels) indicators of the training samples; weights: (n,).
    labels: the labels of the classes, or the names of several; None for a regression.
    """
    if given is None:
        return None
    if labels is None:
        raise InputError("class_weight needs classes, but the task is regression; leave it out.")
    if isinstance(given, str):
        if y.dim() == 2:
            counted = y.double() if weights is None else y.double() * weights[:, None]
            total = len(y) if weights is None else weights.double().sum()
            ones = counted.sum(dim=0)
            usable = (ones > 0) & (ones < total)
            return tuple(torch.where(usable, (total - ones) / ones, 1.0).tolist())
        counts = torch.bincount(y, weights, minlength=len(labels)).double()
        balanced = counts.sum() / (len(labels) * counts)
        return tuple(torch.where(counts > 0, balanced, 1.0).tolist())
    names = [str(label) for label in labels]
    if unknown := [name for name in given if name not in names]:
        raise unknown_name("class_weight: the label", unknown[0], names)
    return tuple(given.get(name, 1.0) for name in names)
