"""Which inputs of a network are encoded or embedded, how, and in exported code; no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING, Literal, TypeAlias

from optuna_dnc._errors import InputError, shown, unknown_name
from optuna_dnc._markdown import counted

if TYPE_CHECKING:
    from torch import nn


Encoding: TypeAlias = Literal["none", "piecewise-8", "piecewise-32", "periodic"]
"""Choices of encodings; the number is that of the bins of an input."""

N_BINS: dict[str, int] = {"piecewise-8": 8, "piecewise-32": 32}

KINDS = ("none", "piecewise", "periodic")

N_FREQUENCIES = 16
"""Frequencies of an input with a periodic encoding."""

N_PERIODIC = 4
"""Outputs of an input with a periodic encoding."""


@dataclass(frozen=True)
class InputEncoding:
    """Encoding of the numeric inputs of a table; others stay as they are."""

    kind: str
    """One of :data:`KINDS`."""
    inputs: tuple[int, ...]
    """Indices of those that are encoded, ascending."""
    bins: tuple[int, ...]
    """Number of bins of each; empty unless piecewise."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("encoding", self.kind, KINDS)
        if list(self.inputs) != sorted(set(self.inputs)) or min(self.inputs, default=0) < 0:
            raise InputError(f"encoded must be ascending indices, got {shown(self.inputs)}.")
        if bool(self.inputs) == (self.kind == "none"):
            raise InputError(
                "encoded must hold indices where there is an encoding, and only there, got "
                f"{shown(self.inputs)} with encoding {self.kind!r}."
            )
        n_bins = len(self.inputs) if self.kind == "piecewise" else 0
        if len(self.bins) != n_bins or min(self.bins, default=1) < 1:
            raise InputError(
                "bins must hold a number of at least 1 for each input of a piecewise encoding, "
                f"and only there, got {shown(self.bins)} with encoding {self.kind!r}."
            )

    def size(self, input_shape: tuple[int, ...]) -> int:
        """Count the values after the encoding.

        Raises:
            InputError: An input that is to be encoded is not there.
        """
        if self.kind == "none":
            return math.prod(input_shape)
        if len(input_shape) > 1 or self.inputs[-1] >= input_shape[0]:
            raise InputError(
                f"encoded must be indices of inputs, got {self.inputs[-1]} for samples of shape "
                f"{input_shape}; choose a network without encoding."
            )
        each = sum(self.bins) if self.kind == "piecewise" else N_PERIODIC * len(self.inputs)
        return input_shape[0] - len(self.inputs) + each

    @property
    def n_params(self) -> int:
        """Number of trainable parameters."""
        if self.kind != "periodic":
            return 0
        return N_FREQUENCIES * len(self.inputs) + N_PERIODIC * (2 * N_FREQUENCIES + 1)

    def modules(self, n_inputs: int) -> list[nn.Module]:
        """Build the module that encodes samples ``(n, n_inputs)``; none without encoding."""
        if self.kind == "none":
            return []
        from optuna_dnc.nets.encodings import Periodic, PiecewiseLinear

        if self.kind == "periodic":
            periodic = Periodic(
                n_inputs, self.inputs, n_frequencies=N_FREQUENCIES, n_outputs=N_PERIODIC
            )
            return [periodic]
        bins = dict(zip(self.inputs, self.bins, strict=True))
        return [PiecewiseLinear([bins.get(index, 1) for index in range(n_inputs)])]

    def source(self, n_inputs: int) -> tuple[str, list[str], list[str]]:
        """Write the code of the module: helpers, layers and steps of a ``NetworkSource``."""
        if self.kind == "none":
            return "", [], []
        steps = ["x = self.encoding(x)"]
        if self.kind == "periodic":
            encoded = assignment("encoded", self.inputs)
            helpers = Template(PERIODIC).substitute(
                n_frequencies=N_FREQUENCIES, n_waves=2 * N_FREQUENCIES, n_periodic=N_PERIODIC
            )
            return helpers, [*encoded, f"self.encoding = Periodic({n_inputs}, encoded)"], steps
        bins = [f"bins[{i}] = {n}" for i, n in zip(self.inputs, self.bins, strict=True)]
        created = "self.encoding = PiecewiseLinear(bins)"
        return PIECEWISE, [f"bins = [1] * {n_inputs}", *bins, created], steps

    def in_short(self) -> str:
        """Return the encoding as the end of a network's short description."""
        if self.kind == "none":
            return ""
        bins = f"{max(self.bins)}-bin " if self.bins else ""
        return f", {bins}{self.kind} inputs"

    def describe(self) -> str:
        """Return a sentence; empty without encoding."""
        if self.kind == "none":
            return ""
        inputs = counted(len(self.inputs), "numeric input")
        if self.kind == "periodic":
            return f" The {inputs} become {N_PERIODIC} values each by trained frequencies."
        most = counted(max(self.bins), "bin")
        return f" The {inputs} become piecewise-linear in up to {most} each."


PIECEWISE = '''\
class PiecewiseLinear(nn.Module):
    """How far each input is into each of its bins, 0 to 1; inputs with one bin stay."""

    def __init__(self, bins: list[int]) -> None:
        super().__init__()
        inf = float("inf")
        column = [index for index, n in enumerate(bins) for _ in range(n)]
        low = [0.0 if i else -inf for n in bins for i in range(n)]
        high = [1.0 if i < n - 1 else inf for n in bins for i in range(n)]
        self.register_buffer("column", torch.tensor(column), persistent=False)
        self.register_buffer("low", torch.tensor(low), persistent=False)
        self.register_buffer("high", torch.tensor(high), persistent=False)
        self.register_buffer("scale", torch.ones(len(column)))
        self.register_buffer("shift", torch.zeros(len(column)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = x[:, self.column] * self.scale + self.shift
        return torch.clamp(z, self.low, self.high)


'''

PERIODIC = '''\
class Periodic(nn.Module):
    """Some inputs as waves of trained frequencies in a small layer that they share."""

    def __init__(self, n_inputs: int, encoded: list[int]) -> None:
        super().__init__()
        others = [index for index in range(n_inputs) if index not in encoded]
        self.encoded, self.others = encoded, others
        self.frequencies = nn.Parameter(torch.empty(len(encoded), $n_frequencies))
        self.weight = nn.Parameter(torch.empty($n_periodic, $n_waves))
        self.bias = nn.Parameter(torch.empty($n_periodic))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        angles = 2 * torch.pi * x[:, self.encoded, None] * self.frequencies
        waves = torch.cat([angles.cos(), angles.sin()], dim=2)
        values = torch.relu(waves @ self.weight.T + self.bias)
        return torch.cat([x[:, self.others], values.flatten(1)], dim=1)


'''

WIDTH = 80
"""Columns of a statement, which is then indented by 8."""


def assignment(name: str, values: Sequence[int]) -> list[str]:
    """Return the lines of an assignment as formatters write it: one, or one for each value."""
    line = f"{name} = [{', '.join(map(str, values))}]"
    if len(line) <= WIDTH:
        return [line]
    return [f"{name} = [", *(f"    {value}," for value in values), "]"]


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
