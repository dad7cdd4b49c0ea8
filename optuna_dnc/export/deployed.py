"""Module of a network with its preprocessing."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from typing_extensions import override

from optuna_dnc.data import Preprocessing
from optuna_dnc.data.normalization import SOFT_LIMIT
from optuna_dnc.export.table_encoder import TableEncoder
from optuna_dnc.tasks import learning_task

FAR_FROM_ZERO = 100.0
"""Means over standard deviations from which float32 holds raw features too coarsely."""

SMALLEST = float(np.finfo(np.float32).tiny)
"""Standard deviations below which float32 has not all of its digits."""


class Deployed(nn.Module):
    """``answer(network(clip((x - shift) / spread)))``: preprocessing, network and its answer.

    Maps raw samples ``(n, *raw_shape)`` of :func:`raw_dtype` to probabilities ``(n, n_outputs)``
    float32, in the order of the sorted classes or of several labels, or to values ``(n,
    n_targets)`` float64 in the targets' unit. Raw samples of tables are the codes of their
    columns; ``x`` is what they are encoded as.
    """

    shift: torch.Tensor
    spread: torch.Tensor
    clips: torch.Tensor
    y_mean: torch.Tensor
    y_std: torch.Tensor
    y_low: torch.Tensor
    y_high: torch.Tensor
    y_is_log: torch.Tensor

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = network
        table = preprocessing.table
        self.encoder = nn.Identity() if table is None else TableEncoder(table)
        self.computed_in = torch.promote_types(raw_dtype(preprocessing), torch.float32)
        shift, spread = raw_moments(preprocessing)
        self.register_buffer("shift", torch.from_numpy(shift).to(self.computed_in))
        self.register_buffer("spread", torch.from_numpy(spread).to(self.computed_in))
        clips = torch.zeros(spread.shape, dtype=self.computed_in)
        clips[list(preprocessing.x_clipped)] = 1 / SOFT_LIMIT
        self.clips_any = bool(preprocessing.x_clipped)
        self.register_buffer("clips", clips)
        self.task = learning_task(preprocessing.task)
        targets = preprocessing.targets
        self.register_buffer("y_mean", torch.tensor(targets.center))
        self.register_buffer("y_std", torch.tensor(targets.spread))
        self.logs_any = bool(len(targets.logged))
        is_log, low, high = (np.zeros(len(targets.mean), kind) for kind in (bool, float, float))
        is_log[targets.logged] = True
        low[targets.logged], high[targets.logged] = targets.bounds
        for name, values in (("y_is_log", is_log), ("y_low", low), ("y_high", high)):
            self.register_buffer(name, torch.tensor(values))

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inputs = (self.encoder(x).to(self.computed_in) - self.shift) / self.spread
        if self.clips_any:
            # Divided by sqrt(1 + z**2), that is hypot, which ONNX lacks; by 1 where nothing is
            # clipped. Without the unit, z**2 would be infinite for large values.
            z = self.clips * inputs
            unit = z.abs().clamp(min=1)
            inputs = inputs / unit / ((1 / unit) ** 2 + (z / unit) ** 2).sqrt()
        outputs: torch.Tensor = self.network(inputs.float())
        if self.task.predicts_labels:
            return self.task.answers(outputs)
        values = outputs.double() * self.y_std + self.y_mean
        if self.logs_any:
            logs = torch.minimum(torch.maximum(values, self.y_low), self.y_high)
            values = torch.where(self.y_is_log, logs.exp(), values)
        return values


def raw_shape(preprocessing: Preprocessing) -> tuple[int, ...]:
    """Return the shape of a raw sample: of a table, as many codes as it has columns."""
    table = preprocessing.table
    return preprocessing.input_shape if table is None else (len(table.used),)


def raw_dtype(preprocessing: Preprocessing) -> torch.dtype:
    """Return the input dtype of an exported network: bytes for images of bytes, else floats.

    Dates are seconds since 1970, which float32 rounds to minutes.
    """
    if preprocessing.scale != 1.0:
        return torch.uint8
    table = preprocessing.table
    if table is not None and any(c.is_float64 or c.kind == "date" for c in table.used):
        return torch.float64
    shift, spread = raw_moments(preprocessing)
    is_coarse = np.max(np.abs(shift) / spread) > FAR_FROM_ZERO or np.min(spread) < SMALLEST
    return torch.float64 if is_coarse else torch.float32


def raw_moments(preprocessing: Preprocessing) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and divisor of raw features or channels, shaped to broadcast with a sample."""
    shape = (-1, *(1,) * (len(preprocessing.input_shape) - 1))
    return (
        np.reshape(np.array(preprocessing.x_mean) / preprocessing.scale, shape),
        np.reshape(preprocessing.x_divisor / preprocessing.scale, shape),
    )
