"""Python code of one network, layer by layer."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from string import Template

WIDTH = 88
"""Columns of an exported file: what most formatters allow."""


@dataclass(frozen=True)
class NetworkSource:
    """The parts of an exported Python file that depend on the network.

    Layers are created in the same order as those of the searched network: the export copies the
    weights from one to the other in this order.
    """

    title: str
    """Description in one line, without a full stop."""
    layers: tuple[str, ...]
    """Statements of ``__init__``."""
    steps: tuple[str, ...]
    """Statements of ``forward``, whose argument is ``x``."""
    helpers: str = ""
    """Classes and functions that the layers need: empty, or ending with two empty lines."""


def ensemble_source(
    member: NetworkSource, n_members: int, input_shape: tuple[int, ...], n_outputs: int
) -> NetworkSource:
    """Write the code of an ensemble, whose networks are of a class of their own."""
    shape = ", ".join(map(str, input_shape))
    code = Template(_MEMBER).substitute(
        title=textwrap.fill(f"{member.title}.", WIDTH, subsequent_indent="    "),
        layers=textwrap.indent("\n".join(member.layers), " " * 8),
        steps=textwrap.indent("\n".join(member.steps), " " * 8),
        shape=f"(n, {shape})",
        n_outputs=n_outputs,
    )
    return NetworkSource(
        title=f"Ensemble of {n_members}: {member.title}",
        layers=(f"self.members = nn.ModuleList(Member() for _ in range({n_members}))",),
        steps=("return torch.stack([member(x) for member in self.members]).mean(0)",),
        helpers=member.helpers + code,
    )


_MEMBER = '''\
class Member(nn.Module):
    """$title"""

    def __init__(self) -> None:
        super().__init__()
$layers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Outputs (n, $n_outputs) for normalized samples $shape."""
$steps


'''
