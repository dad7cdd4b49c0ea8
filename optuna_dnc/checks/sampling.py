"""Sample of a large data set, for the checks of networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.data.prepared_data import Split

MOST = 2_500
"""Largest number of samples of each part; more than any check uses."""

MOST_CLASSES = 100
"""Largest number of classes: with 50,000, the last layer alone takes minutes."""


def sample(split: Split, *, seed: int) -> tuple[Split, str]:
    """Return at most :data:`MOST` random samples of each part, of the most frequent classes.

    Returns:
        The split without test samples, and a description of what was sampled; empty if all.
    """
    words = []
    train, val, preprocessing = split.train, split.val, split.preprocessing
    classes = split.dataset.classes
    if classes is not None and len(classes) > MOST_CLASSES:
        labels = np.searchsorted(classes, split.dataset.y_train)
        kept = _most_frequent(labels[train], MOST_CLASSES)
        train, val = (rows[np.isin(labels[rows], kept)] for rows in (train, val))
        preprocessing = replace(preprocessing, classes=tuple(classes[kept].tolist()))
        words.append(f"the {MOST_CLASSES} most frequent of {len(classes):,} classes")
    generator = np.random.default_rng(seed)
    drawn = [_drawn(rows, generator) for rows in (train, val)]
    if len(drawn[0]) < len(train):
        words.insert(0, f"{MOST:,} of {len(train):,} training samples")
    none = np.empty(0, dtype=np.int64)
    sampled = Split(split.dataset, drawn[0], drawn[1], none, preprocessing)
    return sampled, " of ".join(words)


def _most_frequent(labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return np.sort(np.argsort(-np.bincount(labels), kind="stable")[:count])


def _drawn(rows: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    if len(rows) <= MOST:
        return rows
    return np.sort(generator.choice(rows, MOST, replace=False))
