"""What networks are trained and validated on: one split, or the folds of a cross-validation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

import torch
from torch import nn

from optuna_dnc.data import PreparedData, weighted_batches
from optuna_dnc.data.batching import batch_sizes
from optuna_dnc.nets.stacking import NetworkStack
from optuna_dnc.training.evaluation import Evaluation, evaluate
from optuna_dnc.training.scoring import Scorer

Batch: TypeAlias = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]
"""Inputs, targets, and what each sample counts; of K networks, one after the other."""


class SplitSamples:
    """Samples of one network: it is trained on those of the split, and validated on the others."""

    def __init__(self, network: nn.Module, data: PreparedData) -> None:
        self.networks: tuple[nn.Module, ...] = (network,)
        self.n_trained = 1
        self.n_train = len(data.train)
        """Samples of an epoch."""
        self._data = data
        self._train = replace(data.train, weights=data.training_weights)
        self._scorer = Scorer.of(data)

    def batches(self, batch_size: int, generator: torch.Generator) -> Iterator[Batch]:
        """Iterate over one epoch in random order."""
        return weighted_batches(
            self._train, batch_size=batch_size, device=self._data.device, generator=generator
        )

    def validate(self) -> Evaluation:
        """Evaluate the network on the samples that it is not trained on."""
        data = self._data
        return evaluate(self.networks[0], data.val, data.task, data.device, self._scorer)


class StackSamples:
    """Samples of the networks of a stack, of which each is validated on another fold, if any.

    All networks have equally many batches. Where training parts differ in size, samples of the
    smaller ones come twice. The members of an ensemble have the same samples in another order.
    """

    def __init__(self, stack: NetworkStack, data: PreparedData) -> None:
        pool = data.pool if data.folds else data.train
        each = [data.rows_besides(fold) for fold in data.folds]
        each = each or [torch.arange(len(pool), device=pool.x.device)]
        self.networks = stack.networks
        self.n_trained = len(stack.members)
        """Networks that are trained."""
        self.n_train = max(map(len, each))
        """Samples of an epoch, for each network."""
        self._data = data
        self._scorer = Scorer.of(data)
        self._pool = replace(pool, weights=replace(data, train=pool).training_weights)
        n_members = self.n_trained // len(self.networks)
        self._train = [rows for rows in each for _ in range(n_members)]

    def batches(self, batch_size: int, generator: torch.Generator) -> Iterator[Batch]:
        """Iterate over one epoch, in which each network has a random order of its own."""
        pool, device = self._pool, self._data.device
        order = torch.stack([self._shuffled(rows, generator) for rows in self._train])
        for index in order.split_with_sizes(batch_sizes(self.n_train, batch_size, smallest=2), 1):
            rows = index.flatten()
            # index_select takes half the time of x[rows].
            x, y = (part.index_select(0, rows).to(device) for part in (pool.x, pool.y))
            w = None
            if pool.weights is not None:
                w = pool.weights.index_select(0, rows).to(device)
            yield x, y, w

    def _shuffled(self, rows: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        order = torch.randperm(len(rows), generator=generator, device=generator.device)
        n_times = -(-self.n_train // len(rows))
        return rows[order.to(rows.device)].repeat(n_times)[: self.n_train]

    def validate(self) -> Evaluation:
        """Evaluate each network on its fold, and average by the number of samples."""
        data, sizes = self._data, [len(val) for val in self._data.validated]
        evaluations = [
            evaluate(network, val, data.task, data.device, self._scorer)
            for network, val in zip(self.networks, data.validated, strict=True)
        ]
        return Evaluation(
            *(
                sum(n * value for n, value in zip(sizes, values, strict=True)) / sum(sizes)
                for values in zip(*evaluations, strict=True)
            )
        )


def samples_of(model: nn.Module, data: PreparedData) -> SplitSamples | StackSamples:
    """Return the samples for a network, or for a stack of networks."""
    return (
        StackSamples(model, data) if isinstance(model, NetworkStack) else SplitSamples(model, data)
    )
