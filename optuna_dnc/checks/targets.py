"""Checks of targets: balance of classes, spread of values, and the constant baseline."""

from __future__ import annotations

import numpy as np
import torch

from optuna_dnc._errors import shown
from optuna_dnc.checks.report import Finding, Status
from optuna_dnc.data import Dataset, PreparedData
from optuna_dnc.data.class_balance import class_counts, class_warnings
from optuna_dnc.data.normalization import feature_moments
from optuna_dnc.data.target_scaling import suits_log

SHOWN = 12
"""Largest number of classes that are listed; of more, the rarest and the most frequent are."""

FAR_OUT = 20
"""Standard deviations from the mean beyond which the square of one target outweighs those of 400
others."""


_RANGES = 3
"""Targets whose ranges are shown."""


def check_classes(data: PreparedData) -> Finding:
    """Report the number of samples of each class, or with each label, in each part."""
    labels = data.preprocessing.classes
    assert labels is not None, "of a classification"
    counts, is_class = class_counts(data), data.preprocessing.label_values is None
    total = np.add(counts["train"], counts["val"])
    if len(labels) <= SHOWN:
        seen = ", ".join(f"{label}:{n:,}" for label, n in zip(labels, total, strict=True))
    else:
        few, many = total.argmin(), total.argmax()
        seen = (
            f"{len(labels)} {'classes' if is_class else 'labels'}, from {total[few]:,} samples "
            f"({labels[few]}) to {total[many]:,} ({labels[many]})"
        )
    if not is_class:
        seen += f" of {data.n_train + data.n_val:,} samples"
    warnings = class_warnings(data)
    status: Status = "warning" if warnings else "ok"
    details = {"classes": list(labels), **counts}
    return Finding("classes" if is_class else "labels", seen, status, " ".join(warnings), details)


def check_targets(dataset: Dataset) -> Finding:
    """Report range and spread of each target of a regression."""
    y = dataset.y_train.reshape(dataset.n_train, -1).astype(np.float64)
    mean, std, constant, *_ = feature_moments(y, np.arange(len(y)), 1.0)
    std = np.where(constant, 0.0, std)
    names = dataset.target_names or ("",) * y.shape[1]
    ranges = [
        f"{name}{' ' * bool(name)}from {low:.4g} to {high:.4g}, mean {m:.4g}, standard deviation "
        f"{s:.4g}"
        for name, low, high, m, s in zip(
            names, y.min(axis=0), y.max(axis=0), mean, std, strict=True
        )
    ]
    columns = f"{y.shape[1]} columns: " if y.shape[1] > 1 else ""
    seen = f"{columns}{'; '.join(ranges[:_RANGES])}{'; ...' if y.shape[1] > _RANGES else ''}"
    details = {"mean": mean.tolist(), "std": std.tolist()}
    if dataset.target_names:
        details = {"targets": list(dataset.target_names), **details}
    if constant.any():
        first = dataset.label_names[int(np.flatnonzero(constant)[0])]
        advice = f"Target {first} is constant; leave it out."
        return Finding("targets", seen, "warning", advice, details)
    if suits_log(y):
        seen += "; positive and skewed: --target-transform log learns their logarithms"
    distance = float((np.abs(y - mean) / std).max())
    if distance <= FAR_OUT:
        return Finding("targets", seen, details=details)
    advice = (
        f"One target is {distance:.0f} standard deviations from the mean, and its squared error "
        "outweighs all others; check it, or learn logarithms with --target-transform log."
    )
    return Finding("targets", seen, "warning", advice, details)


def check_floor(data: PreparedData) -> Finding:
    """Report the accuracy, or error, of a constant prediction, which a network has to beat."""
    labels = data.preprocessing.classes
    if labels is None:
        seen = "error 1 (MSE over the variance of the targets) if always the mean is predicted"
        return Finding("constant prediction", seen, details={"error": 1.0})
    if data.preprocessing.label_values is not None:
        guesses = (data.train.y.double().mean(dim=0) > 0.5).double()
        accuracy = (data.val.y == guesses).double().mean().item()
        seen = (
            f"Hamming accuracy {accuracy:.4f} on the validation samples if always the more "
            "frequent value of each label is predicted"
        )
        return Finding("constant prediction", seen, details={"accuracy": accuracy})
    guess = int(torch.bincount(data.train.y).argmax())
    accuracy = (data.val.y == guess).double().mean().item()
    answer = shown(labels[guess])
    seen = f"accuracy {accuracy:.4f} on the validation samples if always {answer} is predicted"
    return Finding(
        "constant prediction", seen, details={"accuracy": accuracy, "answer": labels[guess]}
    )
