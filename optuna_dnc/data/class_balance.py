"""Class balance: samples of each class, warnings of uneven classes, and weights of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import torch

from optuna_dnc._errors import InputError, unknown_name
from optuna_dnc.data.label_checks import one_word
from optuna_dnc.data.prepared_data import PreparedData, Samples

RARE = 10
"""Fewest samples of a class for training and validation; with fewer, it can hardly be learned, let
alone validated."""

UNEVEN = 10
"""Ratio of the most frequent class to the rarest above which accuracy hides rare classes."""

NAMED = 5
"""Maximum number of classes that a sentence names."""


def class_counts(data: PreparedData) -> dict[str, list[int]]:
    """Count the samples of each class or with each label, in order, in train, val and test."""
    return {
        "train": _counts(data.train, data.n_outputs),
        "val": _counts(data.val, data.n_outputs),
        "test": _counts(data.test, data.n_outputs),
    }


def class_warnings(data: PreparedData) -> list[str]:
    """Return warnings of rare, missing and very uneven classes; none for regression."""
    labels = data.preprocessing.classes
    if labels is None:
        return []
    counts = class_counts(data)
    if data.preprocessing.label_values is not None:
        return _label_warnings([str(label) for label in labels], counts, data)
    total = [sum(pair) for pair in zip(counts["train"], counts["val"], strict=True)]
    found = []
    if spellings := one_word(map(str, labels)):
        found.append(
            f"Classes {' and '.join(map(repr, spellings[:2]))} differ only in their case; write "
            "them alike if they are one class."
        )
    rare = [label for label, n in zip(labels, total, strict=True) if n < RARE]
    if rare:
        found.append(
            f"{_named(rare, 'has', 'have')} fewer than {RARE} training samples; collect more, or "
            "merge or drop what is so rare."
        )
    for part, name in (("val", "validation"), ("test", "test")):
        missing = [label for label, n in zip(labels, counts[part], strict=True) if n == 0]
        if missing and (part == "val" or data.n_test):
            found.append(
                f"{_named(missing, 'is', 'are')} missing from the {name} samples, which say "
                "nothing about it."
            )
    if max(total) > UNEVEN * min(total):
        found.append(
            f"The most frequent class has {max(total) / min(total):.0f} times as many samples as "
            "the rarest, which accuracy hardly sees; look at the rare classes one by one."
        )
    return found


def _label_warnings(
    labels: list[str], counts: dict[str, list[int]], data: PreparedData
) -> list[str]:
    """Return warnings of yes/no labels that hardly any or nearly all samples have."""
    sizes = {"train": data.n_train, "val": data.n_val, "test": data.n_test}
    rarer = {
        part: [min(n, size - n) for n in counts[part]] for part, size in sizes.items() if size
    }
    total = [sum(pair) for pair in zip(rarer["train"], rarer["val"], strict=True)]
    found = []
    rare: list[int | bool | str] = [x for x, n in zip(labels, total, strict=True) if n < RARE]
    if rare:
        found.append(
            f"{_named(rare, 'is', 'are', 'Label')} the same in all but fewer than {RARE} training "
            "samples; collect more of the others, or leave out what is so rare."
        )
    for part, name in (("val", "validation"), ("test", "test")):
        counted = zip(labels, rarer.get(part, ()), strict=False)
        missing: list[int | bool | str] = [label for label, n in counted if n == 0]
        if missing:
            found.append(
                f"{_named(missing, 'is', 'are', 'Label')} the same in all {name} samples, which "
                "say little about it."
            )
    return found


def _counts(samples: Samples, n_classes: int) -> list[int]:
    of_labels = samples.y.dim() == 2
    counts = samples.y.sum(dim=0) if of_labels else torch.bincount(samples.y, minlength=n_classes)
    return [int(n) for n in counts.tolist()]


def _named(labels: list[int | bool | str], one: str, many: str, what: str = "Class") -> str:
    names = ", ".join(repr(label) for label in labels[:NAMED])
    more = f" and {len(labels) - NAMED} more" if len(labels) > NAMED else ""
    several = len(labels) > 1
    plural = {"Class": "Classes"}.get(what, f"{what}s")
    return f"{plural if several else what} {names}{more} {many if several else one}"


ClassWeight: TypeAlias = Mapping[str, float] | Literal["balanced"] | None
"""`balanced`, or weights by the text of the label."""


def class_weights(
    given: ClassWeight,
    y: torch.Tensor,
    weights: torch.Tensor | None,
    labels: Sequence[int | bool | str] | None,
) -> tuple[float, ...] | None:
    """Return the weight of each class in the training loss; None if all are equal.

    For several yes/no labels, return the weight of each label's presence; its absence has 1.

    given: `balanced` to give all classes, or both values of a label, the same total weight, as in
    scikit-learn; or weights by label, 1 where one is missing.
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
