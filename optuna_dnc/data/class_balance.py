"""Class balance: samples of each class, warnings of rare, missing and uneven classes."""

from __future__ import annotations

import torch

from optuna_dnc.data.prepared_data import PreparedData, Samples

RARE = 10
"""Training samples of a class, those for validation included, below which it can hardly be
learned, let alone validated."""

UNEVEN = 10
"""Times that the most frequent class may outnumber the rarest before accuracy hides the rare."""

NAMED = 5
"""Classes that a sentence names."""


def class_counts(data: PreparedData) -> dict[str, list[int]]:
    """Count the samples of each class, in the order of the labels, in train, val and test."""
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
    total = [sum(pair) for pair in zip(counts["train"], counts["val"], strict=True)]
    found = []
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


def _counts(samples: Samples, n_classes: int) -> list[int]:
    counts: list[int] = torch.bincount(samples.y, minlength=n_classes).tolist()
    return counts


def _named(labels: list[int | bool | str], one: str, many: str) -> str:
    names = ", ".join(repr(label) for label in labels[:NAMED])
    more = f" and {len(labels) - NAMED} more" if len(labels) > NAMED else ""
    several = len(labels) > 1
    return f"{'Classes' if several else 'Class'} {names}{more} {many if several else one}"
