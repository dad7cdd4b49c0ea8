"""A convolutional network as text: a description in Markdown and Python code."""

from __future__ import annotations

from optuna_dnc._markdown import counted, listed, table
from optuna_dnc.nets.cnn_config import CNNConfig
from optuna_dnc.nets.configs import ACTIVATION_WORDS
from optuna_dnc.nets.layout import SHORTCUT_SPAN
from optuna_dnc.nets.source import NetworkSource


def describe(config: CNNConfig) -> str:
    """Describe a network. See :meth:`NetworkFamily.describe`."""
    layers = zip(
        config.channels,
        config.kernel_sizes,
        config.downsampling,
        config.batch_norm,
        config.dropout,
        strict=True,
    )
    rows = [
        (
            number,
            channels,
            f"{kernel} × {kernel}",
            "" if halved == "none" else halved,
            "yes" if norm else "",
            f"{dropout:.0%}" if dropout else "",
        )
        for number, (channels, kernel, halved, norm, dropout) in enumerate(layers, start=1)
    ]
    header = ("conv", "channels", "kernel", "halved by", "batch norm", "dropout")
    activation = ACTIVATION_WORDS[config.activation]
    words = (
        f"A CNN of {counted(len(rows), 'conv layer')} with {activation}, then global average "
        "pooling and one linear layer."
    )
    if config.shortcuts:
        ends = listed(f"{start + 1} to {start + 3}" for start in config.shortcuts)
        words += f" Shortcuts lead from layer {ends}."
    return f"{words}\n\n{table(header, rows)}"


def source(config: CNNConfig, input_shape: tuple[int, ...], n_outputs: int) -> NetworkSource:
    """Write the code of a network. See :meth:`NetworkFamily.source`."""
    layers: list[str] = []
    steps: list[str] = []
    n_in, *size = input_shape
    sizes: list[tuple[int, ...]] = []
    for i, n_out in enumerate(config.channels):
        number, kernel, halving = i + 1, config.kernel_sizes[i], config.downsampling[i]
        stride = ", stride=2" if halving == "stride" else ""
        padding = f", padding={kernel // 2}" if kernel > 1 else ""
        layers.append(
            f"self.conv_{number} = nn.Conv2d({n_in}, {n_out}, {kernel}{stride}{padding})"
        )
        # Max-pooling drops an odd last row, a padded convolution of stride 2 keeps it.
        if halving == "pool":
            steps.append("x = functional.max_pool2d(x, 2)")
            size = [side // 2 for side in size]
        elif halving == "stride":
            size = [(side + 1) // 2 for side in size]
        sizes.append((n_out, *size))
        step = f"self.conv_{number}(x)"
        if config.batch_norm[i]:
            layers.append(f"self.norm_{number} = nn.BatchNorm2d({n_out})")
            step = f"self.norm_{number}({step})"
        if i - SHORTCUT_SPAN in config.shortcuts:
            start = i - SHORTCUT_SPAN
            steps.append(f"x = {step}")
            steps += _fitted(f"kept_{start + 1}", sizes[start], sizes[i])
            step = f"x + kept_{start + 1}"
        step = f"torch.{config.activation}({step})"
        if config.dropout[i]:
            layers.append(f"self.dropout_{number} = nn.Dropout({config.dropout[i]})")
            step = f"self.dropout_{number}({step})"
        steps.append(f"x = {step}")
        if i in config.shortcuts:
            steps.append(f"kept_{number} = x")
        n_in = n_out
    layers.append(f"self.output = nn.Linear({n_in}, {n_outputs})")
    steps.append("return self.output(x.mean(dim=(2, 3)))")
    return NetworkSource(
        title=f"Convolutional network of {len(config.channels)} layers, {config.activation}",
        layers=tuple(layers),
        steps=tuple(steps),
    )


def _fitted(name: str, source: tuple[int, ...], target: tuple[int, ...]) -> list[str]:
    """Write the code that fits a shortcut ``(channels, height, width)`` to its target."""
    steps = []
    if source[1:] != target[1:]:
        steps.append(f"{name} = functional.adaptive_avg_pool2d({name}, {target[1:]})")
    if missing := target[0] - source[0]:
        steps.append(f"{name} = functional.pad({name}, (0, 0, 0, 0, 0, {missing}))")
    return steps
