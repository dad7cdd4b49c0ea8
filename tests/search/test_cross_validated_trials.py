"""Searches whose trials are cross-validations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from optuna_dnc._errors import InputError
from optuna_dnc.data import load_dataset
from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.refit import refit
from optuna_dnc.report.formats import cross_validated
from optuna_dnc.results.run_data import prepared_data_of_run
from optuna_dnc.runs import open_run
from optuna_dnc.search import SearchResult, SearchStarted, StagedSearch
from tests.interruption import Killed
from tests.searches import FEWEST, SMALL, Arrays, Whole, run_whole, trials_of

Search = Callable[..., StagedSearch]

TRAINED = SMALL | {"refit": True, "epochs": 4}


@pytest.fixture(scope="module")
def whole(arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return run_whole(arrays, tmp_path_factory.mktemp("whole") / "run", refit=True, epochs=4)


def errors_of(run: Path) -> list[float]:
    return [record.measured.error for record in open_run(run).ledger.records]


def test_errors_are_shares_of_all_samples(whole: Whole) -> None:
    wrong = np.array(errors_of(whole.path)) * 150
    assert np.allclose(wrong, np.rint(wrong))
    assert any(round(n) % 5 for n in wrong)  # not only of those of one fold


def test_a_perfect_network_counts_as_half_an_error_of_all_samples(search: Search) -> None:
    x = np.repeat(np.eye(3, dtype=np.float32) * 9, 50, axis=0)
    result = search(data=(x, x.argmax(1)), wc=0, epochs=30).run()
    assert result.best.val_accuracy == 1
    assert result.best.loss == pytest.approx(np.log10(0.5 / 150))


def test_the_result_says_so(whole: Whole) -> None:
    assert whole.result.summary["n_folds"] == 5
    assert whole.result.summary["cross_validation"] is None
    assert "means over 5 folds" in cross_validated(whole.result.summary)[0]


def test_the_final_training_ends_where_the_folds_were_best_on_average(whole: Whole) -> None:
    best = open_run(whole.path).ledger.best
    assert best is not None
    refit_of = whole.result.summary["refit"]
    assert (refit_of["epochs"], refit_of["n_samples"]) == (best.measured.best_epoch, 150)


def test_a_killed_search_goes_on_to_the_same_result(
    search: Search, whole: Whole, tmp_path: Path, kill_at_report: Callable[[int], None]
) -> None:
    kill_at_report(6)
    with pytest.raises(Killed):
        search(refit=True, epochs=4).run()
    kill_at_report(0)
    resumed = search(refit=True, epochs=4).run()
    assert trials_of(tmp_path / "run") == trials_of(whole.path)
    expected, found = whole.result.model().state_dict(), resumed.model().state_dict()
    assert all(torch.equal(weight, found[name]) for name, weight in expected.items())


def test_one_fold_is_the_validation_set(search: Search, tmp_path: Path) -> None:
    search(**FEWEST, n_folds=1).run()
    wrong = np.array(errors_of(tmp_path / "run")) * 30
    assert np.allclose(wrong, np.rint(wrong))


def test_hyperband_resumes_stacks_from_their_checkpoints(
    search: Search, tmp_path: Path, epochs_trained: list[tuple[int, int]]
) -> None:
    search(strategy="joint", epochs=9, budget=27, n_steps=5).run()
    assert len(epochs_trained) == len({*epochs_trained})
    wrong = np.array(errors_of(tmp_path / "run")) * 150
    assert np.allclose(wrong, np.rint(wrong))


def test_the_weights_of_its_networks_never_saw_the_validation_samples(
    whole: Whole, arrays: Arrays, tmp_path: Path
) -> None:
    """On them ensembles are selected."""
    run = open_run(whole.path)
    data = prepared_data_of_run(
        run.settings, whole.result.family, load_dataset(arrays), torch.device("cpu")
    )
    assert torch.equal(data.pool.x[data.folds[0]], data.val.x)
    ensemble = whole.result.ensemble(2, data=arrays, device="cpu", out=tmp_path / "ensemble")
    assert len(ensemble.members) == 2


def test_a_refit_that_holds_out_is_cross_validated_as_the_search(
    whole: Whole, arrays: Arrays, tmp_path: Path
) -> None:
    again = refit(whole.path, data=arrays, all_samples=False, out=tmp_path / "refit", device="cpu")
    assert again.val_accuracy == whole.result.best.val_accuracy
    assert again.n_samples == 120


def test_the_user_is_told_of_the_folds(search: Search) -> None:
    started: list[SearchStarted] = []

    def note(event: object) -> None:
        if isinstance(event, SearchStarted):
            started.append(event)

    search(**FEWEST, on_event=note).run()
    assert started[0].samples_in_words == "150 samples, cross-validated in 5 folds"


def test_with_a_timed_training_there_is_one_set_and_no_other(search: Search) -> None:
    assert search(penalize="t_epoch").settings.n_folds == 1
    with pytest.raises(InputError, match="n_folds must be 1 with penalize='t_epoch'"):
        search(penalize="t_epoch", n_folds=3)


class Normed(MLPFamily):
    """Networks that no stack joins."""

    def build(self, config: MLPConfig, input_shape: tuple[int, ...], n_outputs: int) -> Any:
        network = super().build(config, input_shape, n_outputs)
        return nn.Sequential(nn.BatchNorm1d(input_shape[0]), network)


def test_a_family_of_ones_own_is_cross_validated_too(search: Search, tmp_path: Path) -> None:
    family = Normed(**SMALL["space"])
    search(network=family, space={}).run()
    assert SearchResult.load(tmp_path / "run", family=family).summary["n_folds"] == 5
