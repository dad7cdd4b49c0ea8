"""Final network of a search: its weights and their temperature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from optuna_dnc.runs import open_run
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search import StagedSearch
from optuna_dnc.training.weights import save_weights
from optuna_dnc.training.weights_header import temperature_in
from tests.searches import FEWEST, is_calibrated

Search = Callable[..., StagedSearch]
ONE_SPLIT: dict[str, Any] = FEWEST | {"n_folds": 1}


@pytest.mark.parametrize("settings", [{}, ONE_SPLIT], ids=["folds", "one split"])
def test_outputs_are_divided_by_the_temperature(search: Search, settings: dict[str, Any]) -> None:
    result = search(**FEWEST | settings).run()
    best = open_run(result.path).ledger.best
    assert best is not None
    trained = load_file(RunFolder(result.path).checkpoint(best.key))
    assert is_calibrated(result.path, load_file(result.path / "model.safetensors"), trained)


@pytest.mark.filterwarnings("ignore:.*the result is written again")
def test_weights_of_an_earlier_version_have_that_of_their_network(search: Search) -> None:
    result = search(**ONE_SPLIT).run()
    best = open_run(result.path).ledger.best
    assert best is not None
    checkpoint, model = (
        RunFolder(result.path).checkpoint(best.key),
        result.path / "model.safetensors",
    )
    before = load_file(model)
    save_weights(checkpoint, load_file(checkpoint))
    assert temperature_in(checkpoint) is None
    model.unlink()
    search(**ONE_SPLIT).run()
    assert all(torch.equal(tensor, before[name]) for name, tensor in load_file(model).items())
