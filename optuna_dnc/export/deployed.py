"""Module of a network with its preprocessing, also of the columns of a table."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from typing_extensions import override

from optuna_dnc.data import Preprocessing
from optuna_dnc.data.normalization import SOFT_LIMIT
from optuna_dnc.data.tables.dates import DAY, PARTS_OF_TIMES, YEAR
from optuna_dnc.tasks import learning_task

if TYPE_CHECKING:
    from optuna_dnc.data.tables import Table


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


PARTS = len(PARTS_OF_TIMES)
"""Number of parts."""


def calendar_parts(seconds: torch.Tensor) -> list[torch.Tensor]:
    """Compute the parts in the order of `PARTS_OF_TIMES`, each of the shape of ``seconds``.

    Month and day of the Gregorian calendar are found by arithmetic on years that begin in March
    (Hinnant, chrono-compatible low-level date algorithms). Quotients of whole numbers below 2**53
    are rounded down exactly in float64. Constants with fractions are tensors, because ONNX has
    plain numbers as float32.

    Args:
        seconds: float64, since 1970-01-01, UTC.
    """
    days = (seconds / DAY).floor()
    since_march_0000 = days + 719_468
    era = (since_march_0000 / 146_097).floor()  # of 400 years
    day_of_era = since_march_0000 - era * 146_097
    leap_days = (
        (day_of_era / 1460).floor()
        - (day_of_era / 36_524).floor()
        + (day_of_era / 146_096).floor()
    )
    year = ((day_of_era - leap_days) / 365).floor()
    day_of_year = day_of_era - 365 * year - (year / 4).floor() + (year / 100).floor()
    month = ((5 * day_of_year + 2) / 153).floor()  # 0 is March
    day = day_of_year - ((153 * month + 2) / 5).floor() + 1
    weekday = days + 3 - 7 * ((days + 3) / 7).floor()  # 1970-01-01 was a Thursday
    return [
        1970 + seconds / DAY / torch.tensor(YEAR, dtype=torch.float64),
        *_on_circle(torch.where(month < 10, month + 2, month - 10) / 12),
        day,
        *_on_circle(weekday / 7),
        (weekday >= 5).double(),
        *_on_circle((seconds - days * DAY) / DAY),
    ]


def _on_circle(share: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    angle = torch.tensor(2 * math.pi, dtype=torch.float64) * share
    return angle.sin(), angle.cos()


_DTYPES = {"float32": torch.float32, "float64": torch.float64}


class TableEncoder(nn.Module):
    """The inputs ``(n, width)`` of a table for the codes ``(n, columns)`` of its used columns.

    It computes what :meth:`Column.write` does, in a number of operations that does not grow with
    the columns: all numbers at once, all categories at once, and so on.
    """

    order: torch.Tensor

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.dtype = _DTYPES[table.dtype.__name__]
        rows: dict[type[_Block], list[tuple[float, ...]]]
        rows = {_Numbers: [], _Categories: [], _Missing: [], _Dates: []}
        order: list[tuple[type[_Block], int]] = []  # of each input: block, and index within it

        def add(block: type[_Block], *values: float, width: int = 1) -> None:
            first = len(rows[block]) * block.width
            order.extend((block, first + i) for i in range(width))
            rows[block].append(values)

        for code, column in enumerate(table.used):
            fill = math.nan if column.fill is None else column.fill
            if column.embedded:
                add(_Numbers, code, -1.0, -math.inf, 1.0)
                continue
            if column.kind == "category":
                for category in range(len(column.categories)):
                    add(_Categories, code, category)
            elif column.kind == "binary":
                add(_Categories, code, 1)
            elif column.kind == "date":
                add(_Dates, code, fill, width=len(column.inputs) - column.has_missing)
            else:
                add(_Numbers, code, fill, 0.0 if column.categories else -math.inf, 0.0)
            if column.has_missing:
                add(_Missing, code)
        starts = accumulate((len(rows[block]) * block.width for block in rows), initial=0)
        start = dict(zip(rows, starts, strict=False))
        self.blocks = nn.ModuleList(block(rows[block]) for block in rows if rows[block])
        self.register_buffer("order", torch.tensor([start[block] + i for block, i in order]))

    @override
    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        codes = codes.double()
        inputs = torch.cat([block(codes) for block in self.blocks], dim=1)
        return inputs[:, self.order].to(self.dtype)


class _Block(nn.Module):
    """Inputs of one kind ``(n, k * width)`` for the codes ``(n, columns)``."""

    width: ClassVar[int] = 1
    """Number of inputs of each row."""
    names: ClassVar[tuple[str, ...]] = ()
    """Of the values of a row after the index of the code."""
    codes: torch.Tensor

    def __init__(self, rows: Sequence[tuple[float, ...]]) -> None:
        super().__init__()
        indices, *values = torch.tensor(rows, dtype=torch.float64).T.contiguous()
        self.register_buffer("codes", indices.long())
        for name, of_rows in zip(self.names, values, strict=True):
            self.register_buffer(name, of_rows.clone())

    @override
    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        return self.inputs(codes[:, self.codes])

    @abstractmethod
    def inputs(self, codes: torch.Tensor) -> torch.Tensor:
        """Compute the inputs of the codes ``(n, k)`` of the rows."""


class _Numbers(_Block):
    """Codes, or a fill where they are missing or lower than the lowest one, and an offset."""

    names = ("fill", "lowest", "offset")
    fill: torch.Tensor
    lowest: torch.Tensor
    offset: torch.Tensor

    @override
    def inputs(self, codes: torch.Tensor) -> torch.Tensor:
        is_empty = codes.isnan() | (codes < self.lowest)
        return torch.where(is_empty, self.fill, codes) + self.offset


class _Categories(_Block):
    """1 where the code is this category, else 0."""

    names = ("category",)
    category: torch.Tensor

    @override
    def inputs(self, codes: torch.Tensor) -> torch.Tensor:
        return torch.eq(codes, self.category).double()


class _Missing(_Block):
    """1 where the code is NaN, else 0."""

    @override
    def inputs(self, codes: torch.Tensor) -> torch.Tensor:
        return codes.isnan().double()


class _Dates(_Block):
    """Parts of the calendar, all parts of the first date first."""

    width = PARTS
    names = ("fill",)
    fill: torch.Tensor

    @override
    def inputs(self, codes: torch.Tensor) -> torch.Tensor:
        seconds = torch.where(codes.isnan(), self.fill, codes)
        return torch.stack(calendar_parts(seconds), dim=2).flatten(1)
