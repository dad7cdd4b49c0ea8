"""A residual network as text: a description in Markdown and Python code."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import groupby

from optuna_dnc._markdown import counted, listed
from optuna_dnc.nets.resnet_config import ResNetConfig, block_shapes
from optuna_dnc.nets.source import NetworkSource


def describe(config: ResNetConfig) -> str:
    """Describe a network. See :meth:`NetworkFamily.describe`."""
    stages = counted(len(config.blocks), "stage")
    words = (
        f"A pre-activation residual network: {stages} of {_block_counts(config.blocks)} "
        f"{config.block} blocks, from {config.channels * config.widening} channels on "
        f"(widening {config.widening})"
    )
    parts = [f"shortcuts by {config.shortcut} where the shape changes"]
    if config.dropout:
        parts.append(f"{config.dropout:.0%} dropout in each branch")
    if config.regulariser == "shake-drop":
        parts.append(f"shake-drop with death rate {config.death_rate:.2g}")
    elif config.regulariser != "none":
        parts.append(config.regulariser)
    return f"{words}, {listed(parts)}."


def _block_counts(numbers: Sequence[int]) -> str:
    """Return ``2`` if all stages have two blocks, else ``2, 3 and 4``."""
    runs = [(number, len(list(equal))) for number, equal in groupby(numbers)]
    if len(runs) == 1 and runs[0][1] > 1:
        return f"{runs[0][0]}"
    return listed(numbers)


def source(config: ResNetConfig, input_shape: tuple[int, ...], n_outputs: int) -> NetworkSource:
    """Write the code of a network. See :meth:`NetworkFamily.source`."""
    shapes = block_shapes(config)
    n_in, n_last = input_shape[0], shapes[-1].n_out
    layers = [f"self.conv = nn.Conv2d({n_in}, {config.channels}, 3, padding=1, bias=False)"]
    steps = ["x = self.conv(x)"]
    for i, shape in enumerate(shapes, start=1):
        arguments = ", ".join(map(str, shape))
        if config.regulariser == "shake-drop":
            arguments += f", keep={1 - config.death_rate * i / len(shapes)}"
        layers.append(f"self.block_{i} = Block({arguments})")
        steps.append(f"x = self.block_{i}(x)")
    layers.append(f"self.norm = nn.BatchNorm2d({n_last})")
    layers.append(f"self.output = nn.Linear({n_last}, {n_outputs})")
    steps.append("x = torch.relu(self.norm(x))")
    steps.append("return self.output(x.mean(dim=(2, 3)))")
    blocks = "-".join(map(str, config.blocks))
    return NetworkSource(
        title=f"Residual network, {blocks} {config.block} blocks, width {config.widening}",
        layers=tuple(layers),
        steps=tuple(steps),
        helpers=_helpers(config),
    )


def _helpers(config: ResNetConfig) -> str:
    return _branch(config) + _block(config)


def _branch(config: ResNetConfig) -> str:
    if config.block == "basic":
        layers = [
            "nn.Conv2d(n_in, n_inner, 3, stride, padding=1, bias=False)",
            "nn.BatchNorm2d(n_inner)",
            "nn.ReLU()",
            "nn.Conv2d(n_inner, n_out, 3, padding=1, bias=False)",
        ]
    else:
        layers = [
            "nn.Conv2d(n_in, n_inner, 1, bias=False)",
            "nn.BatchNorm2d(n_inner)",
            "nn.ReLU()",
            "nn.Conv2d(n_inner, n_inner, 3, stride, padding=1, bias=False)",
            "nn.BatchNorm2d(n_inner)",
            "nn.ReLU()",
            "nn.Conv2d(n_inner, n_out, 1, bias=False)",
        ]
    if config.dropout:
        layers.insert(-1, f"nn.Dropout({config.dropout})")
    lines = textwrap.indent(",\n".join(layers), " " * 8)
    return f'''def branch(n_in: int, n_inner: int, n_out: int, stride: int) -> nn.Sequential:
    """The convolutions of a block, {config.block}."""
    return nn.Sequential(
{lines},
    )


'''


def _block(config: ResNetConfig) -> str:
    dropped = config.regulariser == "shake-drop"
    branches = ("1", "2") if config.regulariser == "shake-shake" else ("",)
    lines = [
        "class Block(nn.Module):",
        f'    """shortcut(x) + {_RESIDUAL[config.regulariser]}."""',
        "",
        *(_LONG_HEAD if dropped else _HEAD),
        "        super().__init__()",
        "        self.norm = nn.BatchNorm2d(n_in)",
        *(f"        self.branch{i} = branch(n_in, n_inner, n_out, stride)" for i in branches),
        *_SHORTCUT[config.shortcut][0],
        *(["        self.keep = keep"] if dropped else []),
        "",
        "    def forward(self, x: torch.Tensor) -> torch.Tensor:",
        "        activated = torch.relu(self.norm(x))",
        *_ADDED[config.regulariser],
        *_SHORTCUT[config.shortcut][1],
        "        return residual + x",
    ]
    return "\n".join(lines) + "\n\n\n"


_HEAD = ["    def __init__(self, n_in: int, n_inner: int, n_out: int, stride: int) -> None:"]

_LONG_HEAD = [
    "    def __init__(",
    "        self,",
    *(f"        {name}: int," for name in ("n_in", "n_inner", "n_out", "stride")),
    "        keep: float,",
    "    ) -> None:",
]

_RESIDUAL = {
    "none": "branch(relu(norm(x)))",
    "shake-shake": "the mean of two branches of relu(norm(x))",
    "shake-drop": "keep * branch(relu(norm(x)))",
}
"""What a block adds to its shortcut."""

_ADDED = {
    "none": ["        residual = self.branch(activated)"],
    "shake-shake": ["        residual = (self.branch1(activated) + self.branch2(activated)) / 2"],
    "shake-drop": ["        residual = self.keep * self.branch(activated)"],
}
"""The same in ``forward``."""

_SHORTCUT = {
    "projection": (
        [
            "        self.projection: nn.Module | None = None",
            "        if stride != 1 or n_in != n_out:",
            "            self.projection = nn.Conv2d(n_in, n_out, 1, stride, bias=False)",
        ],
        [
            "        if self.projection is not None:",
            "            x = self.projection(activated)",
        ],
    ),
    "pool": (
        [],
        [
            "        if x.shape != residual.shape:",
            "            x = functional.adaptive_avg_pool2d(x, residual.shape[2:])",
            "            missing = residual.shape[1] - x.shape[1]",
            "            x = functional.pad(x, (0, 0, 0, 0, 0, missing))",
        ],
    ),
}
"""What shortcuts need in ``__init__`` and in ``forward``."""
