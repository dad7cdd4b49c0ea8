"""Sample of a data set, and the plain network that the checks train on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from torch import nn

from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.data.preparation import Split
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.space import CallbackTrial, lowest_answer
from optuna_dnc.space.column import Column
from optuna_dnc.training import new_network


@dataclass(frozen=True)
class Candidate:
    """A network of a family, with prepared data."""

    family: NetworkFamily
    config: Any
    data: PreparedData
    """In random order: the first samples of a file are often all of one class."""

    @classmethod
    def of(cls, family: NetworkFamily, data: PreparedData, *, seed: int) -> Candidate:
        """Return the middle network of the family's core space, the smallest if convolutional.

        The middle convolutional network would train for minutes, and the smallest one is as good
        for these checks.
        """
        answer = lowest_answer if family.convolutional else _middle_answer
        generator = torch.Generator().manual_seed(seed)
        train, val = (_drawn(part, generator) for part in (data.train, data.val))
        config = family.suggest_core(CallbackTrial(answer))
        return cls(family, config, replace(data, train=train, val=val))

    def build(self, seed: int) -> nn.Module:
        """Return a new network on the data's device, with weights drawn from ``seed``."""
        return new_network(self.family, self.config, self.data, seed=seed)


def _drawn(samples: Samples, generator: torch.Generator) -> Samples:
    rows = torch.randperm(len(samples), generator=generator)[:MOST].to(samples.x.device)
    return Samples(samples.x[rows], samples.y[rows])


def _middle_answer(name: str, distribution: BaseDistribution) -> Any:
    column = Column(distribution)
    return column.decode(0.0 if column.is_categorical else column.last / 2)


MOST = 2_500
"""Largest number of samples of each part; more than any check uses."""

MOST_CLASSES = 100
"""Largest number of classes: with 50,000, the last layer alone takes minutes."""


def sample(split: Split, *, seed: int) -> tuple[Split, str]:
    """Draw at most :data:`MOST` samples of each part, from the most frequent classes.

    Returns:
        The split without test samples, and a description of the sample; empty if it has all.
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
    drawn = [_random_rows(rows, generator) for rows in (train, val)]
    if len(drawn[0]) < len(train):
        words.insert(0, f"{MOST:,} of {len(train):,} training samples")
    none = np.empty(0, dtype=np.int64)
    sampled = Split(split.dataset, drawn[0], drawn[1], none, preprocessing)
    return sampled, " of ".join(words)


def _most_frequent(labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return np.sort(np.argsort(-np.bincount(labels), kind="stable")[:count])


def _random_rows(rows: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    if len(rows) <= MOST:
        return rows
    return np.sort(generator.choice(rows, MOST, replace=False))
