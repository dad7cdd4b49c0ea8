"""Mixup, and the other recipes as the training loop applies them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from optuna_dnc._errors import InputError
from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.nets import ResNetConfig, ResNetFamily
from optuna_dnc.training import TrainingConfig, fit, train_network
from optuna_dnc.training.mixing import Mixup


def mixup(alpha, n_classes=None, seed=0):
    return Mixup(alpha, n_classes=n_classes, generator=torch.Generator().manual_seed(seed))


def test_inputs_and_targets_are_blended_by_one_weight() -> None:
    x, y = torch.randn(5, 3, 4, 4), torch.tensor([0, 2, 1, 1, 2])
    mixed_x, mixed_y = mixup(0.7, 3)(x, y)
    weight = mixed_y[0, 0].item()  # of classes 0 and 2
    assert 0 < weight < 1
    for values, mixed in ((x, mixed_x), (functional.one_hot(y, 3).float(), mixed_y)):
        before = torch.roll(values, 1, 0)
        torch.testing.assert_close(mixed, weight * values + (1 - weight) * before)
    torch.testing.assert_close(mixed_y.sum(1), torch.ones(5))


def test_targets_of_a_regression_are_blended() -> None:
    x, y = torch.randn(4, 8), torch.randn(4, 2)
    mixed_x, mixed_y = mixup(1.0)(x, y)
    weight = ((mixed_x - x.roll(1, 0)) / (x - x.roll(1, 0))).mean()
    torch.testing.assert_close(mixed_y, weight * y + (1 - weight) * y.roll(1, 0))


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_weights_have_the_beta_distribution(alpha: float) -> None:
    mix = mixup(alpha)
    x = torch.tensor([[1.0], [0.0]])
    weights = torch.stack([mix(x, x)[0][0, 0] for _ in range(4000)])
    assert weights.mean().item() == pytest.approx(0.5, abs=0.03)
    assert weights.var().item() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.1)


@pytest.mark.parametrize("alpha", [1e-300, 1e-9, 1e9])
def test_extreme_alphas_give_weights_too(alpha: float) -> None:
    mix = mixup(alpha)
    x = torch.tensor([[1.0], [0.0]])
    weights = [mix(x, x)[0][0, 0].item() for _ in range(50)]
    assert all(0 <= weight <= 1 for weight in weights)


@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
def test_memory_format_and_argument_stay(memory_format: torch.memory_format) -> None:
    x = torch.randn(4, 3, 8, 6).contiguous(memory_format=memory_format)
    before = x.clone()
    mixed, _ = mixup(1.0, 3)(x, torch.zeros(4, dtype=torch.int64))
    assert mixed.is_contiguous(memory_format=memory_format)
    assert torch.equal(x, before)


def test_the_generator_decides() -> None:
    x, y = torch.randn(6, 8), torch.randn(6, 1)
    first, again, other = (mixup(1.0, seed=seed)(x, y)[0] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def settings(**changes):
    return TrainingConfig(**{"epochs": 12, "batch_size": 64, "lr": 0.01} | changes)


RECIPES = [
    {"optimizer": "sgd", "lr": 0.1},
    {"optimizer": "sgd", "lr": 0.1, "schedule": "cosine"},
    {"mixup": 0.2, "lr": 0.1},
    {"label_smoothing": 0.1, "lr": 0.1},
    {"mixup": 0.2, "label_smoothing": 0.1, "lr": 0.1, "bf16": True},
]


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_every_recipe_learns(flat: PreparedData, recipe: dict[str, Any]) -> None:
    assert fit(nn.Linear(8, 3), flat, settings(**recipe), seed=0).error < 0.25


@pytest.mark.parametrize("recipe", [RECIPES[0], RECIPES[1], RECIPES[2]], ids=str)
def test_regressions_learn_with_it_too(regression: PreparedData, recipe: dict[str, Any]) -> None:
    assert fit(nn.Linear(8, 1), regression, settings(**recipe), seed=0).error < 0.05


def test_the_loss_is_that_of_smoothed_labels(flat: PreparedData) -> None:
    class Constant(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.outputs = nn.Parameter(torch.tensor([1.0, 0.0, -1.0]))

        def forward(self, x):
            return self.outputs.expand(len(x), 3)

    config = settings(epochs=1, batch_size=240, label_smoothing=0.3)
    epoch = fit(Constant(), flat, config, seed=0).epochs[0]
    outputs = torch.tensor([1.0, 0.0, -1.0]).expand(240, 3)
    expected = functional.cross_entropy(outputs, flat.train.y, label_smoothing=0.3)
    assert epoch.train_loss == pytest.approx(expected.item(), rel=1e-5)


def test_label_smoothing_of_numbers_is_refused(regression: PreparedData) -> None:
    with pytest.raises(InputError, match=r"label_smoothing is 0.1, but the targets are numbers"):
        fit(nn.Linear(8, 1), regression, settings(label_smoothing=0.1), seed=0)


class SeesBatches(nn.Module):
    """Remembers the batches of training."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
        self.batches: list[torch.Tensor] = []

    def forward(self, x):
        if self.training:
            self.batches.append(x.clone())
        return self.head(x)


def test_cutout_and_mixup_reach_the_network_and_come_from_the_seed(digits: PreparedData) -> None:
    def seen(seed=0, **changes):
        model = SeesBatches()
        fit(model, digits, settings(epochs=1, batch_size=480, **changes), seed=seed)
        return model.batches[0]

    plain, cut, mixed = seen(), seen(cutout=4), seen(mixup=1.0)
    erased = cut != plain
    assert 8 <= erased.sum((1, 2, 3)).float().mean() <= 16
    assert not cut[erased].any()
    assert not torch.equal(mixed, plain)
    for changes in ({"cutout": 4}, {"mixup": 1.0}):
        assert torch.equal(seen(**changes), seen(**changes))
        assert not torch.equal(seen(**changes), seen(seed=1, **changes))


def test_cutout_leaves_flat_data_alone(flat: PreparedData) -> None:
    config = settings(epochs=1)
    torch.manual_seed(0)
    plain = fit(nn.Linear(8, 3), flat, config, seed=0)
    torch.manual_seed(0)
    cut = fit(nn.Linear(8, 3), flat, config.model_copy(update={"cutout": 3}), seed=0)
    assert [epoch.val_loss for epoch in plain.epochs] == [epoch.val_loss for epoch in cut.epochs]


@pytest.mark.parametrize("regulariser", ["none", "shake-shake", "shake-drop"])
def test_a_resnet_learns_digits_with_everything_on(digits: PreparedData, regulariser: str) -> None:
    config = ResNetConfig((1, 1, 1), channels=8, regulariser=regulariser, dropout=0.05)
    training = TrainingConfig(
        epochs=10,
        batch_size=32,
        optimizer="sgd",
        lr=0.05,
        schedule="cosine",
        label_smoothing=0.05,
        mixup=0.1,
        cutout=2,
    )
    assert train_network(ResNetFamily(), config, digits, training, seed=0).error < 0.35


def test_a_last_batch_of_one_image_trains_a_deep_resnet(tiny_images: PreparedData) -> None:
    training = TrainingConfig(epochs=1, batch_size=32, mixup=0.2)
    config = ResNetConfig((1, 1, 1, 1), channels=4)
    single = Samples(tiny_images.train.x[:1], tiny_images.train.y[:1])
    assert train_network(ResNetFamily(), config, tiny_images, training, seed=0).best
    alone = replace(tiny_images, train=single)
    assert train_network(ResNetFamily(), config, alone, training, seed=0).best
