"""The module of a CNN, against the same network written out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from optuna_dnc.nets import CNNConfig, cnn
from optuna_dnc.nets.blocks import Dropout
from optuna_dnc.nets.cnn_module import fit_shortcut

CONFIG = CNNConfig(
    channels=(4, 5, 6, 6),
    kernel_sizes=(3, 5, 1, 3),
    downsampling=("none", "pool", "stride", "none"),
    batch_norm=(True, False, True, False),
    dropout=(0.0, 0.0, 0.0, 0.0),
    shortcuts=(0, 1),
    activation="tanh",
)


def build(config=CONFIG, shape=(3, 9, 8)):
    torch.manual_seed(0)
    return cnn.build(config, shape, 10)


def batch_norms(network):
    return [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]


def test_forward_is_the_network_written_out_by_hand() -> None:
    network = build().eval()
    for norm in batch_norms(network):
        nn.init.uniform_(norm.running_mean)
        nn.init.uniform_(norm.running_var, 0.5, 2)
    layers = network.layers

    def convolve(i, x, stride=1):
        conv = layers[i].convolution
        x = F.conv2d(x, conv.weight, conv.bias, stride, padding=CONFIG.kernel_sizes[i] // 2)
        return layers[i].norm(x) if CONFIG.batch_norm[i] else x

    x = torch.randn(2, 3, 9, 8)
    x0 = convolve(0, x).tanh()
    x1 = convolve(1, F.max_pool2d(x0, 2)).tanh()
    at_2 = convolve(2, x1, stride=2)
    carried = F.adaptive_avg_pool2d(x0, at_2.shape[2:])
    x2 = (at_2 + torch.cat([carried, torch.zeros_like(carried[:, :2])], 1)).tanh()
    at_3 = convolve(3, x2)
    carried = F.adaptive_avg_pool2d(x1, at_3.shape[2:])
    x3 = (at_3 + torch.cat([carried, torch.zeros_like(carried[:, :1])], 1)).tanh()
    expected = network.head(x3.mean((2, 3)))
    torch.testing.assert_close(network(x), expected)


def test_shortcuts_change_the_network() -> None:
    with_them, without = build(), build(replace(CONFIG, shortcuts=()))
    without.load_state_dict(with_them.state_dict())
    x = torch.randn(2, 3, 9, 8)
    assert not torch.allclose(with_them.eval()(x), without.eval()(x))


def test_a_shortcut_is_padded_with_zero_channels_and_averaged() -> None:
    carried = torch.arange(16.0).reshape(1, 1, 4, 4)
    fitted = fit_shortcut(carried, torch.empty(1, 3, 2, 2))
    assert fitted[0, 0].tolist() == [[2.5, 4.5], [10.5, 12.5]]
    assert not fitted[0, 1:].any()


def test_a_shortcut_to_fewer_channels_loses_the_last_ones() -> None:
    carried = torch.randn(1, 3, 2, 2)
    assert torch.equal(fit_shortcut(carried, torch.empty(1, 2, 2, 2)), carried[:, :2])


def test_building_leaves_batch_norm_statistics_untouched() -> None:
    # The original's building runs a pass in training mode, which changes them.
    for norm in batch_norms(build()):
        assert norm.num_batches_tracked == 0
        assert not norm.running_mean.any()
        assert (norm.running_var == 1).all()


def test_initial_weights_are_he_normal_and_biases_zero() -> None:
    config = CNNConfig((64, 64), (3, 3), ("none",) * 2, (True,) * 2, (0.0,) * 2)
    convolution = build(config).layers[1].convolution
    assert convolution.weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
    assert convolution.weight.abs().max() > 3 * convolution.weight.std()
    assert not convolution.bias.any()


def test_dropout_drops_in_training_and_never_in_evaluation() -> None:
    network = build(replace(CONFIG, dropout=(0.5, 0.0, 0.5, 0.0)))
    x = torch.randn(4, 3, 9, 8)
    assert not torch.equal(network(x), network(x))
    network.eval()
    torch.testing.assert_close(network(x), network(x), rtol=0, atol=0)
    dropouts = [m.p for m in network.modules() if isinstance(m, Dropout)]
    assert dropouts == [0.5, 0.5]


@pytest.mark.parametrize("training", [False, True])
def test_channels_last_gives_the_same_answer(training: bool) -> None:
    network = build().train(training)
    x = torch.randn(5, 3, 9, 8)
    expected = network(x)
    network.to(memory_format=torch.channels_last)
    answer = network(x.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(answer, expected, rtol=1e-4, atol=1e-5)


def test_an_image_of_one_pixel_after_pooling_trains_on_two_samples() -> None:
    config = replace(CONFIG, downsampling=("none", "pool", "pool", "pool"))
    network = build(replace(config, batch_norm=(True,) * 4), (1, 8, 8))
    network(torch.randn(2, 1, 8, 8)).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
