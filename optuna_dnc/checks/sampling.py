"""The samples of a large data set that networks are checked with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.data.prepared_data import Split

MOST = 2_500
"""Samples of each part that a network is tried on; more than any check looks at."""

MOST_CLASSES = 100
"""Classes that a network is tried on: with 50,000, its last layer alone takes minutes."""


def sample(split: Split, *, seed: int) -> tuple[Split, str]:
    """At most :data:`MOST` samples of each part, at random, of the most frequent classes.

    Returns:
        The samples, without those to test with, and what was left out, in words; empty where
        nothing was.
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
