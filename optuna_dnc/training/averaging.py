"""Exponential moving average of the weights of a network in training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from optuna_dnc._torch_compat import foreach_lerp_


class WeightAverage:
    """Average ``a += (w - a) / min(step, window)`` of the weights ``w`` after each step.

    Over the first ``window`` steps it is the plain mean. Statistics of batch norm are averaged,
    too.

    Args:
        model: Network in training.
        window: Number of steps, at least 1.
    """

    def __init__(self, model: nn.Module, window: float) -> None:
        self._window = window
        self._weights = [
            tensor.detach() for tensor in model.state_dict().values() if tensor.is_floating_point()
        ]
        self._average = [tensor.clone() for tensor in self._weights]
        self._steps = torch.zeros((), dtype=torch.int64)

    def state(self) -> dict[str, torch.Tensor]:
        """Return the state by name; not copied."""
        return {"steps": self._steps, **{str(i): a for i, a in enumerate(self._average)}}

    @torch.no_grad()
    def update(self) -> None:
        """Take the weights after a step into the average."""
        self._steps += 1
        n_averaged = max(1.0, min(int(self._steps), self._window))
        foreach_lerp_(self._average, self._weights, 1 / n_averaged)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Give the network the averaged weights within the block."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for weight, average in zip(self._weights, self._average, strict=True):
            kept = weight.clone()
            weight.copy_(average)
            average.copy_(kept)
