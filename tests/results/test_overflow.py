"""Samples that are too far from the training data for any answer are told, not answered."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from optuna_dnc._errors import InputError
from optuna_dnc.data import Preprocessing, load_dataset
from optuna_dnc.results import predictor
from optuna_dnc.results.predictor import Predictor

N = 40
X = np.random.default_rng(0).normal(size=(N, 2))


@pytest.mark.parametrize("y", [np.arange(N) % 2, X[:, 0]], ids=["classes", "numbers"])
def test_the_first_row_is_named(y: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictor, "BATCH", 2)
    trained = Preprocessing.fit(load_dataset((X, y)), np.arange(N))
    network = torch.nn.Linear(2, trained.n_outputs)
    torch.nn.init.constant_(network.weight, 10.0)
    network.eval()
    device = torch.device("cpu")
    made = Predictor((network,), (1.0,), trained, device)
    far = X[:6].copy()
    far[3:5] = 1e38
    assert len(made.predict(X[:3])) == 3
    with pytest.raises(InputError, match=r"row 3 .*no finite answer"):
        made.predict(far)
    with pytest.raises(InputError, match="no finite answer"):
        made.evaluate(far, y[:6])
