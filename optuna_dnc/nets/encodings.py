"""Encodings of numeric inputs: piecewise-linear by bins, and periodic (arXiv 2203.05556)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional
from typing_extensions import override

from optuna_dnc.nets.numeric_columns import bin_edges

FREQUENCY_SCALE = 0.1
"""Standard deviation of initial frequencies; larger ones overfit."""

_MOST_ROWS = 10_000
"""Evenly spread samples from which bins are learned."""


class PiecewiseLinear(nn.Module):
    """Maps each input to one value a bin: how far it is into the bin, 0 before and 1 after it.

    The value of a bin is ``(x - start) / (end - start)``, kept within 0 and 1 but for the outer
    ends of the outer bins. An input with a single bin stays as it is. All bins are computed at
    once, by one gather, product and clamp.
    """

    column: torch.Tensor
    low: torch.Tensor
    high: torch.Tensor
    scale: torch.Tensor
    shift: torch.Tensor

    def __init__(self, bins: Sequence[int]) -> None:
        """Create it with bins that :meth:`fit_inputs` or a state dict then sets."""
        super().__init__()
        self.bins = tuple(bins)
        column = [index for index, n in enumerate(bins) for _ in range(n)]
        low = [0.0 if i else -math.inf for n in bins for i in range(n)]
        high = [1.0 if i < n - 1 else math.inf for n in bins for i in range(n)]
        self.register_buffer("column", torch.tensor(column), persistent=False)
        self.register_buffer("low", torch.tensor(low), persistent=False)
        self.register_buffer("high", torch.tensor(high), persistent=False)
        self.register_buffer("scale", torch.ones(len(column)))
        self.register_buffer("shift", torch.zeros(len(column)))

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = torch.addcmul(self.shift, x.index_select(1, self.column), self.scale)
        return torch.clamp(z, self.low, self.high)

    @torch.no_grad()
    def fit_inputs(self, x: torch.Tensor) -> None:
        """Set the bins so that each has about as many training inputs, ``(n, n_inputs)``."""
        sample = x[:: -(-len(x) // _MOST_ROWS)].cpu().double().numpy()
        start = 0
        for index, n in enumerate(self.bins):
            if n > 1:
                edges = torch.from_numpy(bin_edges(sample[:, index], n))
                # Where there are fewer values than bins, those before the last stay empty.
                scale, shift = torch.zeros(2, n, dtype=torch.float64)
                width = edges.diff()
                used = [*range(len(width) - 1), n - 1][-len(width) :] if len(width) else []
                scale[used], shift[used] = 1 / width, -edges[:-1] / width
                place = slice(start, start + n)
                self.scale[place], self.shift[place] = scale, shift
            start += n

    @override
    def extra_repr(self) -> str:
        return f"{len(self.bins)}, {sum(self.bins)}"


class Embeddings(nn.Module):
    """Maps the last inputs, which are numbers of categories, to trained vectors."""

    def __init__(self, n_codes: Sequence[int], widths: Sequence[int]) -> None:
        """Create it.

        Args:
            n_codes: Number of codes of each of the last inputs.
            widths: Length of the vectors of each.
        """
        super().__init__()
        self.tables = nn.ModuleList(
            nn.Embedding(n, width) for n, width in zip(n_codes, widths, strict=True)
        )
        for table in self.tables:
            # As large as other inputs, with which they are summed.
            nn.init.normal_(table.weight, std=table.embedding_dim**-0.5)  # type: ignore[arg-type, operator]

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = x.shape[1] - len(self.tables)
        codes = x[:, first:].long()
        vectors = [table(codes[:, i]) for i, table in enumerate(self.tables)]
        return torch.cat([x[:, :first], *vectors], dim=1)


class Periodic(nn.Module):
    """Maps chosen inputs to ``relu(W [cos(2 pi f x), sin(2 pi f x)] + b)`` with trained f.

    Each has frequencies of its own, and all share W and b (PLR-lite). They are appended to the
    other inputs.
    """

    encoded: torch.Tensor
    others: torch.Tensor

    def __init__(
        self, n_inputs: int, encoded: Sequence[int], *, n_frequencies: int, n_outputs: int
    ) -> None:
        """Create it.

        Args:
            n_inputs: Number of inputs.
            encoded: Indices of those to encode.
            n_frequencies: Number of frequencies of an encoded input.
            n_outputs: Number of values that it becomes.
        """
        super().__init__()
        others = [index for index in range(n_inputs) if index not in encoded]
        self.register_buffer("encoded", torch.tensor(encoded), persistent=False)
        self.register_buffer("others", torch.tensor(others, dtype=torch.long), persistent=False)
        self.frequencies = nn.Parameter(torch.empty(len(encoded), n_frequencies))
        self.weight = nn.Parameter(torch.empty(n_outputs, 2 * n_frequencies))
        self.bias = nn.Parameter(torch.zeros(n_outputs))
        bound = 3 * FREQUENCY_SCALE
        nn.init.trunc_normal_(self.frequencies, 0.0, FREQUENCY_SCALE, -bound, bound)
        nn.init.kaiming_normal_(self.weight)

    @override
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        angles = 2 * math.pi * x.index_select(1, self.encoded).unsqueeze(2) * self.frequencies
        waves = torch.cat([angles.cos(), angles.sin()], dim=2)
        values = functional.linear(waves, self.weight, self.bias).relu()
        return torch.cat([x.index_select(1, self.others), values.flatten(1)], dim=1)

    @override
    def extra_repr(self) -> str:
        return f"{len(self.encoded) + len(self.others)}, encoded={len(self.encoded)}"
