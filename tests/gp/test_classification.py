"""Classification: edges between labels, and labels at random."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import FloatDistribution
from scipy.stats import qmc

from optuna_dnc.gp.classification import classify, fit_classifier, probability
from optuna_dnc.gp.failure_risk import predictability
from optuna_dnc.gp.hyperparameters import Hyperparameters
from optuna_dnc.gp.sum_kernel import SumKernel
from optuna_dnc.space import SearchSpace

KERNEL = SumKernel(SearchSpace({name: FloatDistribution(0, 1) for name in "xy"}))
X = qmc.Sobol(2, rng=0).random_base2(6)
PLAIN = Hyperparameters(np.full(2, 0.5), np.full(1, 1.4), np.ones(1), 1e-3)


def test_an_edge_that_is_known_at_some_places_is_known_between_them() -> None:
    labels = X.sum(axis=1) > 1
    points = KERNEL.points(X[:32])
    latent = classify(KERNEL, fit_classifier(KERNEL, points, labels[:32]), points, labels[:32])
    chance = probability(latent, KERNEL.points(X[32:]))
    far = np.abs(X[32:].sum(axis=1) - 1) > 0.15
    assert np.all((chance > 0.5)[far] == labels[32:][far])
    assert np.mean(np.abs(chance - labels[32:])) < 0.15


def test_earlier_sites_only_save_time() -> None:
    labels, points = X.sum(axis=1) > 1, KERNEL.points(X)
    earlier = classify(KERNEL, PLAIN, points[:50], labels[:50])
    both = [classify(KERNEL, PLAIN, points, labels, start) for start in (None, earlier)]
    grid = KERNEL.points(qmc.Sobol(2, rng=1).random_base2(5))
    anew, continued = (probability(latent, grid) for latent in both)
    assert continued == pytest.approx(anew, abs=0.01)


def test_labels_at_random_cannot_be_predicted() -> None:
    points = KERNEL.points(X)
    labels = np.random.default_rng(0).random(len(X)) < 0.3
    at_random = classify(KERNEL, fit_classifier(KERNEL, points, labels), points, labels)
    edge = classify(KERNEL, PLAIN, points, X[:, 0] > 0.5)
    assert predictability(at_random) < 0.3
    assert predictability(edge) == 1.0
