"""The training loop: which weights are kept, when it ends, and what is reported."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import optuna
import pytest
import torch
from torch import nn

from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.objectives import metric_of
from optuna_dnc.training import FitResult, TrainingConfig, evaluate, fit
from optuna_dnc.training.fit_result import Epoch, typical_seconds

CPU = torch.device("cpu")


class Scripted(nn.Module):
    """Validates as a script says: one constant answer, hence one error, an epoch."""

    def __init__(self, answers):
        super().__init__()
        self.answers = answers
        self.offsets: list[float] = [0] * len(answers)
        """Added to the answers of each epoch's training."""
        self.weight = nn.Parameter(torch.zeros(1))
        self.validated: Any
        self.register_buffer("validated", torch.zeros((), dtype=torch.int64))

    def forward(self, x):
        if self.training:
            return self.weight.expand(len(x), 1) + self.offsets[int(self.validated)]
        answer = self.answers[int(self.validated)]
        self.validated += 1
        return torch.full((len(x), 1), float(answer))


class BreaksAfter(nn.Module):
    """A linear network that answers with ``value`` after so many batches of training."""

    def __init__(self, n_batches, value, n_outputs=3):
        super().__init__()
        self.linear = nn.Linear(8, n_outputs)
        self.left = n_batches
        self.value = value

    def forward(self, x):
        if self.training:
            self.left -= 1
            if self.left < 0:
                return self.linear(x) * self.value
        return self.linear(x)


def settings(**changes):
    return TrainingConfig(**{"epochs": 6, "batch_size": 64, "lr": 0.01} | changes)


def test_the_best_weights_are_those_of_the_first_best_epoch(regression: PreparedData) -> None:
    # Constant answers around the mean, 0: the error falls with their size. 0.5 comes twice.
    model = Scripted([3, 1, 0.5, 2, 0.5, 4])
    result = fit(model, regression, settings(), seed=0)
    assert result.best is result.epochs[2]
    assert result.best.number == 3
    assert result.error == min(epoch.val_error for epoch in result.epochs)
    assert result.weights["validated"] == 3
    assert model.validated == 6


def test_the_best_weights_evaluate_to_the_error_reported(flat: PreparedData) -> None:
    def network():
        # From the third epoch on it is trained to answer the opposite.
        return nn.Sequential(nn.BatchNorm1d(8), BreaksAfter(8, -1))

    model, again = network(), network()
    result = fit(model, flat, settings(lr=0.1, epochs=8), seed=0)
    again.load_state_dict(result.weights)
    assert result.best.number <= 3
    assert evaluate(again, flat.val, flat.task, CPU).error == result.error
    assert evaluate(model, flat.val, flat.task, CPU).error > result.error + 0.2


def test_training_learns(flat: PreparedData, regression: PreparedData) -> None:
    assert fit(nn.Linear(8, 3), flat, settings(epochs=20, lr=0.1), seed=0).error < 0.15
    assert fit(nn.Linear(8, 1), regression, settings(epochs=20, lr=0.1), seed=0).error < 0.01


def test_patience_counts_epochs_without_a_better_error(regression: PreparedData) -> None:
    answers = [3, 2, 2.5, 1, 1.5, 1, 4, 0]
    result = fit(Scripted(answers), regression, settings(epochs=8, patience=3), seed=0)
    assert len(result.epochs) == 7  # the best is the 4th; an equal one is not better
    assert result.best.number == 4
    assert len(fit(Scripted(answers), regression, settings(epochs=8), seed=0).epochs) == 8


def test_every_epoch_is_reported_once_with_what_there_is(regression: PreparedData) -> None:
    seen = []

    def on_epoch(so_far: FitResult) -> None:
        seen.append((len(so_far.epochs), so_far.epochs[-1].number, so_far.best.number))

    fit(Scripted([3, 4, 1]), regression, settings(epochs=3), seed=0, on_epoch=on_epoch)
    assert seen == [(1, 1, 1), (2, 2, 1), (3, 3, 3)]


def test_a_trial_can_be_pruned_between_epochs(flat: PreparedData) -> None:
    study = optuna.create_study(pruner=optuna.pruners.ThresholdPruner(upper=0.0, n_warmup_steps=2))

    def objective(trial):
        def report(so_far):
            trial.report(so_far.error + 0.1, so_far.epochs[-1].number)
            if trial.should_prune():
                raise optuna.TrialPruned

        return fit(nn.Linear(8, 3), flat, settings(), seed=0, on_epoch=report).error

    study.optimize(objective, n_trials=1)
    assert study.trials[0].state == optuna.trial.TrialState.PRUNED
    assert sorted(study.trials[0].intermediate_values) == [1, 2]


COSTS = {"n_params": 27, "t_epoch": 0.5}


def strictly_json(result):
    """The measurement as JSON, which knows no NaN and no infinity."""
    measurement = result.measurement(COSTS)
    json.dumps(measurement.to_attributes(), allow_nan=False)
    return measurement


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_broken_loss_ends_training_and_keeps_the_best_before(
    flat: PreparedData, regression: PreparedData, value: float, task: str
) -> None:
    data, n_outputs = (flat, 3) if task == "classification" else (regression, 1)
    # Four batches an epoch: the third epoch breaks in its second batch.
    result = fit(BreaksAfter(9, value, n_outputs), data, settings(), seed=0)
    assert [epoch.is_usable for epoch in result.epochs] == [True, True, False]
    measurement = strictly_json(result)
    assert measurement.status == "diverged"
    assert measurement.epochs_run == 3
    assert measurement.best_epoch == result.best.number <= 2
    assert measurement.error == min(epoch.val_error for epoch in result.epochs[:2])
    assert all(weight.isfinite().all() for weight in result.weights.values())


@pytest.mark.parametrize(("task", "worst"), [("classification", 1.0), ("regression", 10.0)])
def test_a_loss_broken_from_the_start_gives_the_worst_error_and_no_weights(
    flat: PreparedData, regression: PreparedData, task: str, worst: float
) -> None:
    data, n_outputs = (flat, 3) if task == "classification" else (regression, 1)
    result = fit(BreaksAfter(0, torch.nan, n_outputs), data, settings(), seed=0)
    measurement = strictly_json(result)
    assert len(result.epochs) == 1
    assert (measurement.error, measurement.best_epoch, measurement.status) == (
        worst,
        0,
        "diverged",
    )
    assert result.best is None
    assert result.weights == {}
    assert result.t_epoch > 0


def test_a_huge_learning_rate_ends_cleanly(digits: PreparedData) -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 30), nn.ReLU(), nn.Linear(30, 10))
    result = fit(model, digits, settings(lr=1e30), seed=0)
    assert strictly_json(result).status == "diverged"
    assert len(result.epochs) < 6


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
@pytest.mark.parametrize("part", ["training", "validation"])
def test_a_loss_broken_in_one_part_only_ends_training(
    regression: PreparedData, value: float, part: str
) -> None:
    model = Scripted([1, 0.5 if part == "training" else value, 0, 0])
    if part == "training":
        model.offsets = [0, value]
    result = fit(model, regression, settings(epochs=4), seed=0)
    assert len(result.epochs) == 2
    assert result.best.number == 1
    assert strictly_json(result).status == "diverged"


def test_the_epoch_that_diverged_is_reported_with_a_finite_error(flat: PreparedData) -> None:
    errors = []
    fit(
        BreaksAfter(9, torch.nan),
        flat,
        settings(),
        seed=0,
        on_epoch=lambda so_far: errors.append(strictly_json(so_far).error),
    )
    assert len(errors) == 3


def test_no_regression_counts_as_worse_than_an_unusable_one(regression: PreparedData) -> None:
    result = fit(Scripted([1e4]), regression, settings(epochs=1), seed=0)
    assert result.best.val_error > 1e6
    assert result.error == metric_of(None, "regression").worst
    assert result.weights


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [([9.0], 9.0), ([9.0, 2.0], 2.0), ([9.0, 1.0, 4.0, 2.0], 2.0), ([9.0, 1.0, 2.0], 1.5)],
)
def test_t_epoch_is_the_median_without_the_first(seconds: list[float], expected: float) -> None:
    assert typical_seconds(seconds) == expected
    epochs = [Epoch(i + 1, 0.0, 0.5, 0.0, s, 100.0) for i, s in enumerate(seconds)]
    assert FitResult("classification", epochs).t_epoch == expected


def test_seconds_of_training_and_evaluation_are_kept_apart() -> None:
    epochs = [Epoch(1, 0.1, 0.4, 0.1, 2.0, 0.5), Epoch(2, 0.1, 0.3, 0.1, 3.0, 0.25)]
    measurement = FitResult("classification", epochs, epochs[1]).measurement(COSTS)
    assert (measurement.train_seconds, measurement.eval_seconds) == (5.0, 0.75)
    assert measurement.val_accuracy == pytest.approx(0.7)
    assert (measurement.best_epoch, measurement.epochs_run) == (2, 2)
    assert measurement.status == "ok"


class SeesBatches(nn.Module):
    """Remembers every batch of training and the number format it computes in."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
        self.batches: list[torch.Tensor] = []
        self.formats: set[Any] = set()

    def forward(self, x):
        outputs = self.head(x)
        if self.training:
            self.batches.append(x.clone())
            self.formats.add(outputs.dtype)
        return outputs


def test_every_sample_is_seen_once_an_epoch_in_another_order(digits: PreparedData) -> None:
    model = SeesBatches()
    fit(model, digits, settings(epochs=2, batch_size=480), seed=0)
    first, second = model.batches
    assert not torch.equal(first, digits.train.x)
    assert not torch.equal(first, second)
    for batch in (first, second):
        rows, expected = batch.flatten(1), digits.train.x.flatten(1)
        assert sorted(rows.tolist()) == sorted(expected.tolist())


@pytest.mark.parametrize("augment", [False, True])
def test_the_order_and_the_augmentation_come_from_the_seed(
    digits: PreparedData, augment: bool
) -> None:
    def seen(seed):
        model = SeesBatches()
        fit(model, digits, settings(epochs=1, batch_size=480, augment=augment), seed=seed)
        return model.batches[0]

    assert torch.equal(seen(0), seen(0))
    assert not torch.equal(seen(0), seen(1))


def test_augmentation_changes_images_and_only_while_training(digits: PreparedData) -> None:
    model, plain = SeesBatches(), SeesBatches()
    fit(model, digits, settings(epochs=1, augment=True), seed=0)
    fit(plain, digits, settings(epochs=1), seed=0)
    assert model.batches[0].shape == plain.batches[0].shape
    assert not torch.equal(model.batches[0], plain.batches[0])


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        ({"augment_shift": 0, "augment_flip": False}, False),
        ({"augment_shift": 0}, True),
        ({"augment_flip": False}, True),
    ],
)
def test_shifts_and_flips_can_be_left_out(
    digits: PreparedData, options: dict[str, Any], changes: bool
) -> None:
    model, plain = SeesBatches(), SeesBatches()
    fit(model, digits, settings(epochs=1, augment=True, **options), seed=0)
    fit(plain, digits, settings(epochs=1), seed=0)
    assert torch.equal(model.batches[0], plain.batches[0]) is not changes


def test_augmentation_leaves_flat_data_alone(flat: PreparedData) -> None:
    torch.manual_seed(0)
    model = nn.Linear(8, 3)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    augmented = fit(model, flat, settings(augment=True), seed=0)
    model.load_state_dict(start)
    plain = fit(model, flat, settings(), seed=0)
    assert [e.val_loss for e in augmented.epochs] == [e.val_loss for e in plain.epochs]


def test_bf16_computes_in_bfloat16_and_learns(digits: PreparedData) -> None:
    model = SeesBatches()
    result = fit(model, digits, settings(epochs=8, bf16=True), seed=0)
    assert model.formats == {torch.bfloat16}
    assert model.head[1].weight.dtype == torch.float32
    assert result.error < 0.25


def test_bf16_learns_a_regression(regression: PreparedData) -> None:
    result = fit(nn.Linear(8, 1), regression, settings(epochs=20, lr=0.1, bf16=True), seed=0)
    assert result.error < 0.05


def test_a_last_batch_of_one_does_not_crash_batch_norm(flat: PreparedData) -> None:
    # torch refuses to train batch norm on a single value a channel.
    one_over = replace(flat, train=Samples(flat.train.x[:65], flat.train.y[:65]))
    model = nn.Sequential(nn.BatchNorm1d(8), nn.Linear(8, 3))
    assert fit(model, one_over, settings(epochs=1, batch_size=32), seed=0).best
