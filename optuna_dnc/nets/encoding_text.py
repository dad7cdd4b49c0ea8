"""Code of the encodings of inputs, for exported Python files."""

from __future__ import annotations

from collections.abc import Sequence

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
