"""Large data are checked by a sample, step by step, and in limited time."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from optuna_dnc.checks import check, learning
from optuna_dnc.checks.candidate import MOST, MOST_CLASSES, Candidate, sample
from optuna_dnc.checks.learning import check_inputs_matter, check_learns_by_heart
from optuna_dnc.data import load_dataset
from optuna_dnc.data.preparation import Split, prepare
from optuna_dnc.training import samples as samples_of_trainings
from tests.checks.test_network_checks import Constant, Own

RNG = np.random.default_rng(0)


def learnable(n: int) -> tuple[np.ndarray, np.ndarray]:
    y = np.arange(n) % 3
    return RNG.normal(size=(n, 4)).astype(np.float32) + 3 * y[:, None], y


def test_networks_see_a_sample_and_the_report_says_so() -> None:
    x, y = learnable(19_998)
    report = check((x, y), device="cpu")
    assert f"on {MOST:,} of 15,999 training samples" in report.network
    assert report["samples"].details["n_train"] == 15_999
    assert sum(report["classes"].details["train"]) == 15_999
    assert report.passed
    few = check(learnable(600), device="cpu")
    assert "training samples" not in few.network


def test_of_many_classes_networks_see_the_most_frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    y = np.concatenate([np.repeat(np.arange(3000), 2), np.repeat(np.arange(MOST_CLASSES), 20)])
    x = RNG.normal(size=(len(y), 4))
    widest = 0
    evaluate = samples_of_trainings.evaluate

    def watched(model: nn.Module, samples: Any, *rest: Any) -> Any:
        nonlocal widest
        widest = max(widest, model(samples.x[:1]).shape[1])
        return evaluate(model, samples, *rest)

    monkeypatch.setattr(samples_of_trainings, "evaluate", watched)
    report = check((x, y), device="cpu")
    assert report.network.endswith(f"on the {MOST_CLASSES} most frequent of 3,000 classes")
    assert widest == MOST_CLASSES
    assert len(report["classes"].details["train"]) == 3000


def test_a_sample_keeps_labels_beside_their_samples() -> None:
    y = np.repeat(np.arange(300), [2] * 200 + [40] * 100)
    data = load_dataset((y[:, None] * 1.0, y))
    sampled, _ = sample(Split.of(data, val_fraction=0.2, seed=0), seed=0)
    prepared = sampled.placed("cpu", channels_last=False)
    labels = np.array(sampled.preprocessing.classes)
    assert labels.tolist() == list(range(200, 300))
    back = prepared.train.x[:, 0].numpy() * sampled.preprocessing.x_std[0]
    assert np.allclose(back + sampled.preprocessing.x_mean[0], labels[prepared.train.y], atol=1e-3)


def test_every_check_is_announced_before_it_runs() -> None:
    told: list[tuple[str, int, int]] = []
    done: list[str] = []

    def on_check(name: str, number: int, total: int) -> None:
        assert len(done) == number
        told.append((name, number, total))

    report = check(
        learnable(600),
        device="cpu",
        on_check=on_check,
        on_finding=lambda found: done.append(found.check),
    )
    assert [number for _, number, _ in told] == list(range(13))
    assert {total for _, _, total in told} == {13} == {len(report.findings)}
    assert all(name in found for (name, _, _), found in zip(told, done, strict=True))


class Slow(Constant):
    """Takes its time over every batch."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        time.sleep(0.01)
        return super().forward(x)


def test_a_network_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "SECONDS", 0.1)
    candidate = Candidate.of(Own(module=Slow), prepare(load_dataset(learnable(600))), seed=0)
    by_heart = check_learns_by_heart(candidate)
    assert by_heart.status == "warning"
    assert by_heart.details["steps"] < learning.STEPS
    assert "take longer than 0.1 s" in by_heart.advice
    inputs = check_inputs_matter(candidate)
    assert inputs.status == "warning"
    assert "for which there was time" in inputs.advice
