"""The module of a residual network, against the same network written out by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from optuna_dnc.nets import ResNetConfig, build
from optuna_dnc.nets.resnet_module import ShakeDrop, ShakeShake

BASIC = ResNetConfig((1, 2), widening=2, channels=4)
KINDS = [
    BASIC,
    replace(BASIC, shortcut="pool", dropout=0.3),
    replace(BASIC, block="bottleneck", regulariser="shake-drop"),
    replace(BASIC, regulariser="shake-shake"),
]


def network(config=BASIC, shape=(3, 9, 8)):
    torch.manual_seed(0)
    module = build(config, shape, 10)
    for norm in batch_norms(module):
        nn.init.uniform_(norm.running_mean)
        nn.init.uniform_(norm.running_var, 0.5, 2)
    return module


def batch_norms(module):
    return [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]


def by_hand(module: Any, x: torch.Tensor, config: ResNetConfig) -> torch.Tensor:
    """Evaluate the network from its weights, block by block."""

    def activate(part, x):
        norm = part[0]
        x = (x - norm.running_mean[:, None, None]) / (
            norm.running_var[:, None, None] + 1e-5
        ).sqrt()
        return (x * norm.weight[:, None, None] + norm.bias[:, None, None]).clamp(min=0)

    def branch(layers, x, stride):
        convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
        norms = [layer for layer in layers if isinstance(layer, nn.Sequential)]
        x = F.conv2d(
            x,
            convolutions[0].weight,
            stride=stride if len(convolutions) == 2 else 1,
            padding=convolutions[0].weight.shape[-1] // 2,
        )
        for i, convolution in enumerate(convolutions[1:]):
            weight = convolution.weight
            step = stride if len(convolutions) == 3 and i == 0 else 1
            x = F.conv2d(activate(norms[i], x), weight, None, step, weight.shape[-1] // 2)
        return x

    x = F.conv2d(x, module.convolution.weight, padding=1)
    first_of_second_stage = config.blocks[0]
    for i, block in enumerate(module.blocks):
        stride = 2 if i == first_of_second_stage else 1
        a = activate(block.activation, x)
        residuals = [branch(layers, a, stride) for layers in block.branches]
        residual = torch.stack(residuals).mean(0)
        if config.regulariser == "shake-drop":
            residual = residual * (1 - config.death_rate * (i + 1) / len(module.blocks))
        shortcut = x
        if block.projection is not None:
            shortcut = F.conv2d(a, block.projection.weight, stride=stride)
        elif residual.shape != x.shape:
            pooled = F.adaptive_avg_pool2d(x, (residual.shape[2], residual.shape[3]))
            missing = residual.shape[1] - x.shape[1]
            shortcut = F.pad(pooled, (0, 0, 0, 0, 0, missing))
        x = shortcut + residual
    return module.head(activate(module.activation, x).mean((2, 3)))


@pytest.mark.parametrize("config", KINDS, ids=str)
def test_forward_is_the_network_written_out_by_hand(config: ResNetConfig) -> None:
    module = network(config).eval()
    x = torch.randn(3, 3, 9, 8)
    torch.testing.assert_close(module(x), by_hand(module, x, config))


@pytest.mark.parametrize("config", KINDS, ids=str)
def test_every_parameter_learns_and_the_input_stays(config: ResNetConfig) -> None:
    module = network(config)
    x = torch.randn(6, 3, 9, 8)
    before = x.clone()
    module(x).square().sum().backward()
    assert torch.equal(x, before)
    assert all(parameter.grad.abs().sum() > 0 for parameter in module.parameters())


@pytest.mark.parametrize("config", KINDS, ids=str)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 1, 1), (2, 5, 3)])
@pytest.mark.parametrize("n", [1, 2])
def test_no_image_is_too_small_and_no_batch(
    config: ResNetConfig, shape: tuple[int, int, int], n: int
) -> None:
    # Torch refuses to train batch norm on a single value a channel.
    module = build(replace(config, blocks=(1, 1, 1, 1)), shape, 10)
    outputs = module(torch.randn(n, *shape))
    outputs.sum().backward()
    assert outputs.shape == (n, 10)
    assert outputs.isfinite().all()


@pytest.mark.parametrize("config", KINDS, ids=str)
def test_channels_last_gives_the_same_answer(config: ResNetConfig) -> None:
    module = network(config)
    x = torch.randn(5, 3, 9, 8)
    answers = []
    for memory_format in (torch.contiguous_format, torch.channels_last):
        module.to(memory_format=memory_format)
        torch.manual_seed(1)
        answers.append(module.eval()(x.contiguous(memory_format=memory_format)))
    torch.testing.assert_close(*answers, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("config", KINDS, ids=str)
def test_evaluation_repeats_itself_and_training_shakes(config: ResNetConfig) -> None:
    module = network(config).eval()
    x = torch.randn(4, 3, 9, 8)
    assert torch.equal(module(x), module(x))
    module.train()
    draws = bool(config.dropout) or config.regulariser != "none"
    assert torch.equal(module(x), module(x)) != draws


def test_autocast_trains_all_kinds_in_bfloat16() -> None:
    for config in KINDS:
        module = network(config)
        formats: set[Any] = set()
        for part in module.modules():
            if isinstance(part, ShakeDrop | ShakeShake):
                part.register_forward_hook(lambda *args, seen=formats: seen.add(args[2].dtype))
        with torch.autocast("cpu", torch.bfloat16):
            module(torch.randn(4, 3, 9, 8)).float().sum().backward()
        assert formats <= {torch.bfloat16}


def test_death_rates_grow_linearly_to_the_last_block() -> None:
    config = ResNetConfig((2, 2), regulariser="shake-drop", death_rate=0.8)
    rates = [block.drop.death_rate for block in build(config, (3, 8, 8), 10).blocks]
    assert rates == pytest.approx([0.2, 0.4, 0.6, 0.8])


def test_weights_are_drawn_as_he_says() -> None:
    convolution = network(ResNetConfig((1,), channels=64)).blocks[0].branches[0][0]
    assert convolution.weight.std().item() == pytest.approx(math.sqrt(2 / (9 * 64)), rel=0.03)
    assert convolution.bias is None
