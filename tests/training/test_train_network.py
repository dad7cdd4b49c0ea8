"""A network from its config to its weights: everything drawn comes from the seed."""

from __future__ import annotations

import optuna
import pytest
import torch
from torch import nn

from optuna_dnc.data import PreparedData
from optuna_dnc.nets import CNNFamily, MLPConfig, MLPFamily
from optuna_dnc.nets.cnn_config import standard_config
from optuna_dnc.training import TrainingConfig, new_network, on_device, time_epoch, train_network
from optuna_dnc.training.train import TIMED_BATCHES

MLP, CNN = MLPFamily(), CNNFamily()
CASES = {
    "mlp": (MLP, MLPConfig((20,), dropout=0.3)),
    "cnn": (CNN, standard_config((6, 8))),
}
SETTINGS = TrainingConfig(epochs=2, batch_size=64, augment=True)


def weights(family, config, data, *, seed=3, **options):
    return train_network(family, config, data, SETTINGS, seed=seed, **options).weights


def same(a, b):
    assert a.keys() == b.keys()
    return all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("name", CASES)
def test_the_same_seed_gives_the_same_weights(digits: PreparedData, name: str) -> None:
    torch.manual_seed(1)
    first = weights(*CASES[name], digits)
    torch.manual_seed(2)
    assert same(first, weights(*CASES[name], digits))


@pytest.mark.parametrize("name", CASES)
def test_another_seed_gives_other_weights(digits: PreparedData, name: str) -> None:
    assert not same(weights(*CASES[name], digits), weights(*CASES[name], digits, seed=4))


def test_initial_weights_depend_on_the_seed_only(flat: PreparedData) -> None:
    def initial(seed):
        return new_network(MLP, MLPConfig((5,)), flat, seed=seed).state_dict()

    first = initial(0)
    torch.manual_seed(99)
    assert same(first, initial(0))
    assert not same(first, initial(1))


def test_the_global_random_state_is_untouched(flat: PreparedData) -> None:
    state = torch.get_rng_state()
    weights(MLP, MLPConfig((5,), dropout=0.5), flat)
    new_network(MLP, MLPConfig((5,)), flat, seed=0)
    time_epoch(MLP, MLPConfig((5,), dropout=0.5), flat, SETTINGS)
    assert torch.equal(torch.get_rng_state(), state)


def test_the_global_random_state_is_untouched_by_a_pruned_trial(flat: PreparedData) -> None:
    def prune(_):
        raise optuna.TrialPruned

    state = torch.get_rng_state()
    with pytest.raises(optuna.TrialPruned):
        weights(MLP, MLPConfig((5,), dropout=0.5), flat, on_epoch=prune)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", CASES)
def test_both_families_learn_digits(digits: PreparedData, name: str) -> None:
    config = MLPConfig((60,)) if name == "mlp" else standard_config((16, 16), dropout=0.0)
    settings = TrainingConfig(epochs=8, batch_size=32, lr=0.02)
    assert train_network(CASES[name][0], config, digits, settings, seed=0).error < 0.3


def test_a_last_batch_of_one_image_pooled_to_one_pixel_trains(tiny_images: PreparedData) -> None:
    # The original crashes: batch norm cannot train on a single value a channel.
    config = standard_config((65, 129, 257))
    settings = TrainingConfig(epochs=1, batch_size=32)
    assert train_network(CNN, config, tiny_images, settings, seed=0).best


def test_convolutions_are_kept_in_channels_last_format(digits: PreparedData) -> None:
    network = new_network(CNN, standard_config((6, 8)), digits, seed=0)
    weight = network.layers[1].convolution.weight
    assert weight.is_contiguous(memory_format=torch.channels_last)


def test_channels_last_changes_no_answer(digits: PreparedData) -> None:
    network = CNN.build(standard_config((6, 8)), digits.input_shape, 10).eval()
    x = digits.val.x.contiguous()
    expected = network(x)
    moved = on_device(network, digits.device, channels_last=True)
    answer = moved(x.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(answer, expected, rtol=1e-4, atol=1e-5)


class CountingFamily(MLPFamily):
    """MLPs that count the samples they are trained on."""

    def build(self, config, input_shape, n_outputs):
        network = super().build(config, input_shape, n_outputs)
        network.register_forward_pre_hook(count)
        return network


def count(network: nn.Module, inputs: tuple[torch.Tensor]) -> None:
    if network.training:
        count.seen.append(len(inputs[0]))


def test_time_epoch_trains_a_few_batches_and_changes_nothing(digits: PreparedData) -> None:
    count.seen = []
    x, y = digits.train.x.clone(), digits.train.y.clone()
    settings = TrainingConfig(epochs=50, batch_size=8)
    seconds = time_epoch(CountingFamily(), MLPConfig((5,)), digits, settings)
    assert seconds > 0
    assert count.seen == [8] * TIMED_BATCHES * 2  # the first epoch only warms up
    assert torch.equal(digits.train.x, x)
    assert torch.equal(digits.train.y, y)
    assert settings.epochs == 50


def test_time_epoch_extrapolates_to_all_samples(
    digits: PreparedData, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Timed:
        t_epoch = 0.5

    monkeypatch.setattr("optuna_dnc.training.train.train_network", lambda *_, **__: Timed())
    settings = TrainingConfig(batch_size=10)
    seconds = time_epoch(MLP, MLPConfig(), digits, settings)
    assert seconds == pytest.approx(0.5 * 480 / (10 * TIMED_BATCHES))
