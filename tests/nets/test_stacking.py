"""A stack of networks is its networks, all at once."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from optuna_dnc.nets import CNNFamily, MLPConfig, MLPFamily
from optuna_dnc.nets.cnn_config import standard_config
from optuna_dnc.nets.stacking import NetworkStack

K, N = 3, 7

CASES = {
    "linear": (MLPConfig(()), (5,)),
    "two hidden layers": (MLPConfig((6, 4), "tanh"), (5,)),
    "sigmoid": (MLPConfig((6,), "sigmoid"), (5,)),
    "images": (MLPConfig((6,)), (2, 3, 3)),
    "piecewise": (MLPConfig((6,), encoding="piecewise", encoded=(0, 3), bins=(4, 2)), (5,)),
    "periodic": (MLPConfig((6,), encoding="periodic", encoded=(1, 2)), (5,)),
    "categories": (MLPConfig((6,), n_codes=(3, 9)), (5,)),
}


def networks_of(config: MLPConfig, shape: tuple[int, ...]) -> list[nn.Module]:
    """K networks with weights and bins of their own."""
    networks = []
    for seed in range(K):
        torch.manual_seed(seed)
        network = MLPFamily().build(config, shape, 4)
        for layer in network.children():
            if hasattr(layer, "fit_inputs"):
                layer.fit_inputs(torch.randn(50, *shape))
        networks.append(network)
    return networks


def inputs_of(config: MLPConfig, shape: tuple[int, ...]) -> torch.Tensor:
    x = torch.randn(K, N, *shape)
    for place, n in enumerate(config.n_codes, start=shape[0] - len(config.n_codes)):
        x[:, :, place] = torch.randint(0, n, (K, N))
    return x


@pytest.mark.parametrize("case", CASES)
def test_outputs_and_gradients_are_those_of_each_network(case: str) -> None:
    config, shape = CASES[case]
    alone = networks_of(config, shape)
    stack = NetworkStack(copy.deepcopy(alone))
    x, weights = inputs_of(config, shape), torch.randn(K, N, 4)
    outputs = stack(x.flatten(0, 1)).view(K, N, 4)
    (outputs * weights).sum().backward()
    with torch.no_grad():
        for parameter in stack.parameters():
            parameter.sub_(0.1 * parameter.grad)
    for k, (network, view) in enumerate(zip(alone, stack.networks, strict=True)):
        expected = network(x[k])
        torch.testing.assert_close(outputs[k], expected)
        (expected * weights[k]).sum().backward()
        for parameter, stepped in zip(network.parameters(), view.parameters(), strict=True):
            torch.testing.assert_close(stepped, parameter - 0.1 * parameter.grad)


@pytest.mark.parametrize("case", CASES)
def test_its_state_is_that_of_its_networks(case: str) -> None:
    """A checkpoint restores the stack, so that nothing of the networks may lie outside of it."""
    config, shape = CASES[case]
    stack = NetworkStack(networks_of(config, shape))
    other = NetworkStack(networks_of(config, shape)[::-1])
    for name, tensor in other.state_dict().items():
        tensor.copy_(stack.state_dict()[name])
    x = inputs_of(config, shape)
    for mine, its in zip(other.networks, stack.networks, strict=True):
        torch.testing.assert_close(mine(x[0]), its(x[0]), rtol=0, atol=0)


def test_networks_with_other_layers_are_called_one_by_one() -> None:
    family, config = CNNFamily(), standard_config((4,))
    networks = [family.build(config, (1, 8, 8), 3).eval() for _ in range(K)]
    stack = NetworkStack(networks)
    x = torch.randn(K, N, 1, 8, 8)
    expected = torch.stack([network(own) for network, own in zip(networks, x, strict=True)])
    torch.testing.assert_close(stack(x.flatten(0, 1)), expected.flatten(0, 1))
    n_params = sum(parameter.numel() for network in networks for parameter in network.parameters())
    assert sum(parameter.numel() for parameter in stack.parameters()) == n_params
