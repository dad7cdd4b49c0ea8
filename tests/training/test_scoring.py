"""The metric decides which epoch is best; weights count in the training and in the metric."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics as sk
from torch import nn

from optuna_dnc._errors import InputError
from optuna_dnc.data import Dataset, PreparedData, load_dataset, prepare, weighted_batches
from optuna_dnc.nets import MLPConfig, network_family
from optuna_dnc.tasks import learning_task
from optuna_dnc.training import Scorer, TrainingConfig, evaluate, train_network, votes
from optuna_dnc.training.all_samples import train_on_all
from optuna_dnc.training.mixing import Mixup, weighted
from optuna_dnc.training.scoring import check_metric

FAMILY, CONFIG = network_family("mlp"), MLPConfig(widths=(8,))
TRAINING = TrainingConfig(epochs=4, batch_size=32, lr=1e-2)
N = 200


def _dataset(task: str, weights: np.ndarray | None = None, **fields: Any) -> Dataset:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 4)).astype(np.float32)
    signal = x[:, 0] + 0.5 * rng.normal(size=N)
    y = (signal > 0.8).astype(int) if task == "classification" else 100 + 5 * signal
    whole = load_dataset((x, y), task=task)  # type: ignore[arg-type]
    return replace(whole, weights=weights, **fields)


def _fit(data: PreparedData, seed: int = 0, **changes: Any) -> Any:
    return train_network(FAMILY, CONFIG, data, TRAINING.model_copy(update=changes), seed=seed)


def _outputs(result: Any, data: PreparedData) -> torch.Tensor:
    network = FAMILY.build(CONFIG, data.input_shape, data.n_outputs).eval()
    network.load_state_dict(result.weights)
    with torch.no_grad():
        return network(data.val.x)


@pytest.mark.parametrize(
    ("metric", "function"),
    [
        ("balanced_accuracy", lambda y, p: sk.balanced_accuracy_score(y, p.argmax(1))),
        ("f1_macro", lambda y, p: sk.f1_score(y, p.argmax(1), average="macro")),
        ("roc_auc", lambda y, p: sk.roc_auc_score(y, p[:, 1])),
        ("log_loss", sk.log_loss),
    ],
)
def test_a_training_records_the_metric_beside_the_accuracy(metric: str, function: Any) -> None:
    data = prepare(_dataset("classification"), metric=metric)
    result = _fit(data)
    p = votes(_outputs(result, data), data.task).numpy()
    measured = result.measurement({"n_params": 1, "t_epoch": 0.0})
    assert measured.val_metric == pytest.approx(function(data.val.y.numpy(), p), rel=1e-5)
    assert measured.val_accuracy == sk.accuracy_score(data.val.y, p.argmax(1))
    assert measured.score.metric == metric
    assert measured.error == min(epoch.val_error for epoch in result.epochs)


@pytest.mark.parametrize("metric", ["rmse", "mae", "mape"])
def test_metrics_of_a_regression_are_in_the_unit_of_the_targets(metric: str) -> None:
    dataset = _dataset("regression")
    data = prepare(dataset, metric=metric)
    result = _fit(data, epochs=8)
    decode = data.preprocessing.decode
    y, predicted = decode(data.val.y), decode(_outputs(result, data))
    function = {
        "rmse": sk.root_mean_squared_error,
        "mae": sk.mean_absolute_error,
        "mape": sk.mean_absolute_percentage_error,
    }[metric]
    measured = result.measurement({"n_params": 1, "t_epoch": 0.0})
    assert measured.val_metric == pytest.approx(function(y, predicted), rel=1e-5)
    assert measured.val_accuracy is None
    if metric == "rmse":
        assert measured.error == pytest.approx(measured.val_loss, rel=1e-5)


def test_the_default_metric_changes_no_number() -> None:
    plain, named = prepare(_dataset("regression")), prepare(_dataset("regression"), metric="r2")
    one, other = _fit(plain), _fit(named)
    assert [e.val_error for e in one.epochs] == [e.val_error for e in other.epochs]
    assert [e.val_error for e in one.epochs] == [e.val_loss for e in one.epochs]


@pytest.mark.parametrize("metric", ["accuracy", "log_loss", "roc_auc"])
def test_votes_score_as_networks_do(metric: str) -> None:
    data = prepare(_dataset("classification", np.linspace(0.5, 2, N)), metric=metric)
    scorer, model = Scorer.of(data), nn.Linear(4, 2)
    measured = evaluate(model, data.val, data.task, data.device, scorer)
    with torch.no_grad():
        found = scorer.score(votes(model(data.val.x), data.task).numpy(), data.val)
    assert (found.error, found.value, found.accuracy) == pytest.approx(
        (measured.error, measured.value, measured.accuracy), rel=1e-5
    )


def test_a_network_that_diverged_has_the_worst_error() -> None:
    data = prepare(_dataset("classification"), metric="roc_auc")
    model = nn.Linear(4, 2)
    nn.init.constant_(model.weight, torch.nan)
    measured = evaluate(model, data.val, data.task, data.device, Scorer.of(data))
    assert measured.error == 1
    assert measured.score(Scorer.of(data).metric).value is None


def test_a_metric_that_needs_all_classes_allows_a_training_on_all_samples() -> None:
    data = prepare(_dataset("classification"), metric="roc_auc")
    _, result = train_on_all(FAMILY, CONFIG, data, TRAINING, seed=0)
    assert len(result.epochs) == 4


def test_classes_missing_from_the_validation_samples_are_refused() -> None:
    dataset = _dataset("classification")
    held_out = np.zeros(N, dtype=bool)
    held_out[np.flatnonzero(dataset.y_train == 0)[:20]] = True
    dataset = replace(dataset, held_out=held_out)
    with pytest.raises(InputError, match="one class is missing from the validation samples"):
        check_metric(prepare(dataset, metric="roc_auc"), dataset)


def test_weights_count_in_validation_as_copies_do() -> None:
    weights = np.tile([1.0, 3.0], N // 2)
    model = nn.Linear(4, 2)
    data = prepare(_dataset("classification", weights))
    assert data.val.weights is not None
    copies = (data.val.weights / data.val.weights.min()).round().long()
    repeated = type(data.val)(
        data.val.x.repeat_interleave(copies, 0), data.val.y.repeat_interleave(copies, 0)
    )
    weighted = evaluate(model, data.val, data.task, data.device)
    assert weighted == pytest.approx(evaluate(model, repeated, data.task, data.device), rel=1e-5)


def test_the_constant_loss_counts_weights() -> None:
    data = prepare(_dataset("classification"), class_weight="balanced")
    assert data.constant_loss == pytest.approx(np.log(2))
    weights = np.linspace(1, 3, N)
    data = prepare(_dataset("regression", weights))
    y, w = data.train.y[:, 0].double().numpy(), data.train.weights
    assert w is not None
    mean = np.average(y, weights=w)
    assert data.constant_loss == pytest.approx(np.average((y - mean) ** 2, weights=w))


def test_a_class_of_more_weight_is_predicted_more() -> None:
    plain = prepare(_dataset("classification"))
    heavy = prepare(_dataset("classification"), class_weight={"1": 50.0})
    shares = [
        _outputs(_fit(data, epochs=12, keep="last"), data).argmax(1).float().mean().item()
        for data in (plain, heavy)
    ]
    assert shares[1] > shares[0] + 0.2


def test_balanced_weights_are_scikit_learns() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    data = prepare(_dataset("classification"), class_weight="balanced")
    y = data.train.y.numpy()
    expected = compute_class_weight("balanced", classes=np.unique(y), y=y)
    assert data.class_weights == pytest.approx(expected)
    assert data.training_weights is not None
    assert data.training_weights.mean().item() == pytest.approx(1)


def test_class_weights_must_be_of_classes_that_there_are() -> None:
    with pytest.raises(InputError, match="label '2' is unknown; allowed are 0, 1"):
        prepare(_dataset("classification"), class_weight={"2": 1.0})
    with pytest.raises(InputError, match="needs classes"):
        prepare(_dataset("regression"), class_weight="balanced")


def test_samples_of_weight_zero_are_left_out() -> None:
    weights = np.where(np.arange(N) % 4 == 0, 0.0, 1.0)
    data = prepare(_dataset("classification", weights))
    assert data.n_train + data.n_val == N * 3 // 4
    assert data.train.weights is not None
    assert data.train.weights.min() > 0


def test_equal_weights_of_any_size_are_none() -> None:
    plain, with_weights = (
        prepare(_dataset("regression")),
        prepare(_dataset("regression", np.full(N, 1e-3))),
    )
    one, other = _fit(plain), _fit(with_weights)
    errors = [[epoch.val_error for epoch in result.epochs] for result in (one, other)]
    assert errors[0] == pytest.approx(errors[1], rel=1e-3)


@pytest.mark.parametrize(
    ("task", "smoothing"), [("classification", 0.1), ("multilabel", 0.1), ("regression", 0.0)]
)
def test_weights_of_one_change_no_loss(task: str, smoothing: float) -> None:
    outputs = torch.randn(6, 3)
    y = torch.tensor([0, 1, 2, 0, 1, 2]) if task == "classification" else torch.rand(6, 3)
    criterion = learning_task(task).criterion(smoothing)
    with_ones = weighted(criterion)(outputs, y, torch.ones(6))
    torch.testing.assert_close(criterion(outputs, y), with_ones)


def test_mixup_blends_weights_as_it_blends_samples() -> None:
    mixup = Mixup(1.0, n_classes=None, generator=torch.Generator().manual_seed(0))
    values = torch.arange(6.0)
    x, _, weights = mixup.with_weights(values, values[:, None], values)
    assert weights is not None
    assert torch.equal(x, weights)


def test_batches_bring_the_weights_of_their_samples() -> None:
    data = prepare(_dataset("classification", np.arange(1.0, N + 1)))
    generator = torch.Generator().manual_seed(0)
    for x, _, w in weighted_batches(data.train, batch_size=16, device="cpu", generator=generator):
        assert w is not None
        rows = [int((data.train.x == row).all(1).nonzero()[0]) for row in x]
        assert data.train.weights is not None
        assert torch.equal(w, data.train.weights[rows])


def test_the_checkpoint_of_a_training_by_another_metric_is_refused(tmp_path: Any) -> None:
    dataset = _dataset("classification")
    for metric in (None, "f1_macro"):
        data = prepare(dataset, metric=metric)
        if metric is None:
            train_network(FAMILY, CONFIG, data, TRAINING, seed=0, checkpoint=tmp_path, stop_at=2)
        else:
            with pytest.raises(InputError, match="metric is None, not 'f1_macro'"):
                train_network(FAMILY, CONFIG, data, TRAINING, seed=0, checkpoint=tmp_path)
