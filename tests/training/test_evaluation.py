"""Evaluation: no dropout, in batches, never broadcast."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from optuna_dnc._errors import InputError
from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.training import evaluate, outputs_of
from optuna_dnc.training.evaluation import EVALUATION_BATCH

CPU = torch.device("cpu")


class Recorder(nn.Module):
    """A linear network that remembers the batches it has seen and how it was run."""

    def __init__(self, n_outputs: int = 3) -> None:
        super().__init__()
        self.linear = nn.Linear(8, n_outputs)
        self.sizes: list[int] = []
        self.modes: set[tuple[bool, bool]] = set()

    def forward(self, x):
        self.sizes.append(len(x))
        self.modes.add((self.training, torch.is_grad_enabled()))
        return self.linear(x)


def classes(n):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, 8, generator=generator)
    return Samples(x, torch.randint(0, 3, (n,), generator=generator))


def test_no_batch_is_larger_than_the_limit_and_none_is_lost() -> None:
    # The original puts the whole validation set through at once.
    model, samples = Recorder(), classes(2 * EVALUATION_BATCH + 500)
    evaluate(model, samples, "classification", CPU)
    assert model.sizes == [EVALUATION_BATCH, EVALUATION_BATCH, 500]


def test_batches_give_the_same_as_all_at_once() -> None:
    model, samples = Recorder(), classes(2 * EVALUATION_BATCH + 500)
    outputs = model(samples.x)
    error, loss, *_ = evaluate(model, samples, "classification", CPU)
    wrong = (outputs.argmax(1) != samples.y).float().mean()
    assert error == pytest.approx(wrong.item(), abs=1e-12, rel=1e-6)
    assert loss == pytest.approx(functional.cross_entropy(outputs, samples.y).item(), rel=1e-5)


def test_regression_gives_the_same_as_all_at_once() -> None:
    x, y = torch.randn(EVALUATION_BATCH + 7, 8), torch.randn(EVALUATION_BATCH + 7, 2)
    model = Recorder(n_outputs=2)
    error, loss, *_ = evaluate(model, Samples(x, y), "regression", CPU)
    assert error == loss == pytest.approx(((model(x) - y) ** 2).mean().item(), rel=1e-5)


def test_targets_of_shape_n_are_not_broadcast(regression: PreparedData) -> None:
    # The original's (N,) against (N, 1) gives an error of all pairs: twice the variance.
    samples = regression.train

    def first_target(x):
        return samples.y[: len(x)]

    class Perfect(nn.Module):
        forward = staticmethod(first_target)

    assert samples.y.shape == (240, 1)
    assert evaluate(Perfect(), samples, "regression", CPU).error == 0


def test_a_network_without_the_column_of_targets_is_refused(regression: PreparedData) -> None:
    model = nn.Sequential(nn.Linear(8, 1), nn.Flatten(0))
    with pytest.raises(InputError, match=r"\(60, 1\), the network has outputs of shape \(60,\)"):
        evaluate(model, regression.val, "regression", CPU)


def test_dropout_is_off_and_the_mode_restored(flat: PreparedData) -> None:
    # The original's MLPs drop at evaluation too, which biases the whole search.
    model = nn.Sequential(nn.Dropout(0.9), Recorder())
    model.train()
    assert evaluate(model, flat.val, flat.task, CPU) == evaluate(model, flat.val, flat.task, CPU)
    assert model[1].modes == {(False, False)}
    assert all(module.training for module in model.modules())
    model.eval()
    evaluate(model, flat.val, flat.task, CPU)
    assert not any(module.training for module in model.modules())


def test_the_mode_is_restored_where_the_network_fails(flat: PreparedData) -> None:
    model = nn.Linear(9, 3)
    with pytest.raises(RuntimeError):
        evaluate(model, flat.val, flat.task, CPU)
    assert model.training


def test_batch_norm_statistics_are_not_changed(flat: PreparedData) -> None:
    model = nn.Sequential(nn.BatchNorm1d(8), nn.Linear(8, 3))
    evaluate(model, flat.val, flat.task, CPU)
    assert model[0].num_batches_tracked == 0
    assert not model[0].running_mean.any()


def test_the_loss_of_a_broken_network_is_nan_not_an_error(flat: PreparedData) -> None:
    model = nn.Linear(8, 3)
    nn.init.constant_(model.weight, torch.nan)
    assert evaluate(model, flat.val, flat.task, CPU).loss != 0
    assert torch.tensor(evaluate(model, flat.val, flat.task, CPU).loss).isnan()


def test_outputs_come_in_order_and_in_batches() -> None:
    model, x = Recorder(), torch.randn(EVALUATION_BATCH + 5, 8)
    outputs = outputs_of(model, x, CPU)
    assert model.sizes == [EVALUATION_BATCH, 5]
    assert model.modes == {(False, False)}
    torch.testing.assert_close(outputs, model.linear(x).detach())
