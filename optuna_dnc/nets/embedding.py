"""Trained vectors of the categories of a table; without torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optuna_dnc._errors import InputError, shown
from optuna_dnc._markdown import counted

if TYPE_CHECKING:
    from torch import nn

WIDEST = 8
"""Largest number of values that a category becomes, as in RealMLP (arXiv 2407.04491)."""

SOURCE = '''\
class Embeddings(nn.Module):
    """The last inputs are numbers of categories; each becomes a trained vector."""

    def __init__(self, n_codes: list[int], widths: list[int]) -> None:
        super().__init__()
        tables = [nn.Embedding(n, width) for n, width in zip(n_codes, widths)]
        self.tables = nn.ModuleList(tables)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = x.shape[1] - len(self.tables)
        codes = x[:, first:].long()
        vectors = [table(codes[:, i]) for i, table in enumerate(self.tables)]
        return torch.cat([x[:, :first], *vectors], dim=1)


'''
"""Code of the module, for exported Python files."""


@dataclass(frozen=True)
class Embedding:
    """Vectors for the codes that the last inputs of a network hold; code 0 is any other value."""

    n_codes: tuple[int, ...]
    """Number of codes of each of the last inputs; empty without embeddings."""

    def __post_init__(self) -> None:
        if min(self.n_codes, default=2) < 2:
            raise InputError(
                f"n_codes must be numbers of codes of at least 2, got {shown(self.n_codes)}."
            )

    @property
    def widths(self) -> tuple[int, ...]:
        """Length of the vectors of each of these inputs: log2 of its codes, at most 8."""
        return tuple(min(WIDEST, math.ceil(math.log2(n))) for n in self.n_codes)

    def size(self, n_inputs: int) -> int:
        """Count the values after the embedding.

        Raises:
            InputError: There are fewer inputs than codes.
        """
        if n_inputs < len(self.n_codes):
            raise InputError(
                f"n_codes has {len(self.n_codes)} numbers and there are {n_inputs} inputs; choose "
                "a network without embeddings."
            )
        return n_inputs - len(self.n_codes) + sum(self.widths)

    @property
    def n_params(self) -> int:
        """Number of trainable parameters."""
        return sum(n * width for n, width in zip(self.n_codes, self.widths, strict=True))

    def modules(self) -> list[nn.Module]:
        """Build the module; none without embeddings."""
        if not self.n_codes:
            return []
        from optuna_dnc.nets.encodings import Embeddings

        return [Embeddings(self.n_codes, self.widths)]

    def source(self) -> tuple[str, list[str], list[str]]:
        """Write the code of the module: helpers, layers and steps of a ``NetworkSource``."""
        if not self.n_codes:
            return "", [], []
        layer = f"self.embeddings = Embeddings({list(self.n_codes)}, {list(self.widths)})"
        return SOURCE, [layer], ["x = self.embeddings(x)"]

    def describe(self) -> str:
        """Return a sentence; empty without embeddings."""
        if not self.n_codes:
            return ""
        columns = counted(len(self.n_codes), "column")
        return (
            f" The {sum(self.n_codes) - len(self.n_codes):,} categories of {columns} become "
            f"trained vectors of up to {max(self.widths)} values."
        )
