"""Cross-validation of leading networks, which chooses the answer of a search."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import optuna
import pytest
import torch
from safetensors.torch import load_file

from optuna_dnc._errors import InputError
from optuna_dnc.cli import main
from optuna_dnc.objectives import penalized_loss
from optuna_dnc.runs import Record, Run, open_run, search_status
from optuna_dnc.runs.cross_validation import CrossValidation, Fold
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search import FoldDone, SearchResult, StagedSearch, contenders
from optuna_dnc.search.ending import cross_validation
from optuna_dnc.search.events import WorkersSeen
from optuna_dnc.training import FitResult
from optuna_dnc.workers import in_flight
from tests.interruption import Killed
from tests.search.ending.compared import N_FOLDS, QUICK
from tests.searches import SMALL, Arrays, Whole, is_calibrated, run_whole, trials_of

Search = Callable[..., StagedSearch]


@pytest.fixture(autouse=True)
def _is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few trials would not have one."""
    monkeypatch.setattr(contenders, "SHARE_OF_EPOCHS", 2.0)


@pytest.fixture(scope="module")
def whole(arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contenders, "SHARE_OF_EPOCHS", 2.0)
        return run_whole(arrays, tmp_path_factory.mktemp("whole") / "run", **QUICK)


@pytest.fixture
def unlucky(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first network of a comparison fails on all other folds."""
    trained = cross_validation._trained
    first: list[str] = []

    def spoiled(context: Any, record: Record, *rest: Any) -> Fold | None:
        first.append(record.key)
        fold = trained(context, record, *rest)
        return fold and fold._replace(error=0.9 if record.key == first[0] else fold.error)

    monkeypatch.setattr(cross_validation, "_trained", spoiled)
    return first


def best_of(run: Run) -> Record:
    best = run.ledger.best
    assert best is not None
    return best


def test_a_network_that_is_clearly_better_in_all_folds_is_the_answer(whole: Whole) -> None:
    run = open_run(whole.path)
    known = run.ledger.cross_validation
    n_val = 30 * (N_FOLDS + 1)
    losses, sums = {}, {}
    for key in known.compared:
        record = run.ledger.find(key)
        assert record is not None
        errors = [record.measured.error, *(fold.error for fold in known.of(key))]
        assert len(errors) == N_FOLDS + 1
        complexity = run.complexity(record)
        losses[key] = penalized_loss(fmean(errors), complexity, 0.1, n_val=n_val)
        sums[key] = np.array(errors) + 0.1 * complexity
    first, best = known.compared[0], min(losses, key=lambda key: losses[key])
    gains = sums[first] - sums[best]
    is_clear = gains.mean() > gains.std(ddof=1) / len(gains) ** 0.5
    assert len(losses) > 1
    assert best_of(run).key == known.chosen == (best if is_clear else first)


def test_a_difference_within_its_standard_error_changes_nothing(
    at_its_end: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    first: list[str] = []

    def noisy(context: Any, record: Record, data: Any, number: int, on_batch: Any) -> Fold:
        first.append(record.key)
        is_first = record.key == first[0]
        # Others are better on average, but only because of one fold.
        return Fold(error=0.6 if is_first and number == 3 else 0.2, best_epoch=1, seconds=0.1)

    monkeypatch.setattr(cross_validation, "_trained", noisy)
    monkeypatch.setattr(contenders, "WITHIN", 100.0)
    result = at_its_end(**QUICK, wc=0.0).run()
    entry = result.summary["cross_validation"]
    assert entry["is_changed"] is False
    means = [network["mean_loss"] for network in entry["networks"]]
    assert min(means) < means[0]
    assert best_of(open_run(result.path)).key == first[0]


def test_each_network_is_compared_once(whole: Whole) -> None:
    run = open_run(whole.path)
    records = [run.ledger.find(key) for key in run.ledger.cross_validation.compared]
    configs = [json.dumps(record.config) for record in records if record is not None]
    assert len(configs) == len(set(configs))


def test_all_say_the_same_of_a_network_that_was_lucky(
    at_its_end: Search, whole: Whole, unlucky: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    result = at_its_end(**QUICK).run()
    run = open_run(result.path)
    best = best_of(run)
    assert best.key != unlucky[0] == run.ledger.ranked[0].key
    assert (result.best.stage, result.best.trial_number) == (best.stage, best.trial_number)
    assert result.best.loss == best.loss
    assert search_status(result.path).best == best
    assert run.ledger.leaders(2) == [best, run.ledger.ranked[0]]
    assert run.leaderboard[0].record == best
    leader = result.summary["leaders"][0]
    assert (leader["stage"], leader["trial_number"]) == (best.stage, best.trial_number)
    entry = result.summary["cross_validation"]
    assert entry["is_changed"] is True
    assert entry["n_folds"] == N_FOLDS + 1
    assert trials_of(result.path) == trials_of(whole.path)
    with pytest.raises(SystemExit):
        main(["report", str(result.path)])
    assert (
        "better than the network with the lowest loss" in (result.path / "report.html").read_text()
    )


def test_its_weights_are_saved(at_its_end: Search, unlucky: list[str]) -> None:
    result = at_its_end(**QUICK).run()
    best = best_of(open_run(result.path))
    network = result.model().state_dict()
    saved = load_file(result.path / "model.safetensors")
    assert result.best.config == result.family.config_from_dict(best.config)
    kept = load_file(RunFolder(result.path).checkpoint(best.key))
    for name, weight in network.items():
        assert torch.equal(weight, saved[name])
    assert is_calibrated(result.path, saved, kept)


def test_the_final_training_has_the_mean_of_the_best_epochs(
    at_its_end: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = cross_validation._trained

    def at_epoch_4(*arguments: Any) -> Fold | None:
        fold = trained(*arguments)
        return fold and fold._replace(best_epoch=4)

    monkeypatch.setattr(cross_validation, "_trained", at_epoch_4)
    result = at_its_end(**QUICK, refit=True).run()
    own = best_of(open_run(result.path)).measured.best_epoch
    assert result.summary["refit"]["epochs"] == round((own + 4 * N_FOLDS) / (N_FOLDS + 1))


def test_a_search_killed_within_it_repeats_no_training(
    search: Search,
    at_its_end: Search,
    whole: Whole,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    train = cross_validation.train_network
    seeds: list[int] = []

    def dying(*arguments: Any, **options: Any) -> FitResult:
        seeds.append(options["seed"])
        if len(seeds) == 4:
            raise Killed
        return train(*arguments, **options)

    monkeypatch.setattr(cross_validation, "train_network", dying)
    with pytest.raises(Killed):
        at_its_end(**QUICK).run()
    assert best_of(open_run(tmp_path / "run")).key == open_run(whole.path).ledger.ranked[0].key
    search(**QUICK).run()
    n_networks = len(open_run(whole.path).ledger.cross_validation.compared)
    assert len(seeds) == n_networks * N_FOLDS + 1
    assert len(set(seeds)) == n_networks * N_FOLDS
    assert _decided(tmp_path / "run") == _decided(whole.path)


def _decided(path: Path) -> Any:
    known = open_run(path).ledger.cross_validation
    folds = {key: [fold[:2] for fold in folds] for key, folds in known.folds.items()}
    return folds, known.compared, known.chosen


def test_a_finished_search_is_not_compared_again(
    search: Search,
    at_its_end: Search,
    epochs_trained: list[tuple[int, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(contenders, "SHARE_OF_EPOCHS", 0.0)  # as by an older version
        before = at_its_end(**QUICK).run()
    assert before.summary["cross_validation"] is None
    del epochs_trained[:]
    assert search(**QUICK).run().best == before.best
    assert not epochs_trained


def test_each_training_is_an_event(at_its_end: Search) -> None:
    events: list[Any] = []
    at_its_end(**QUICK, on_event=events.append).run()
    folds = [event for event in events if isinstance(event, FoldDone)]
    assert [event.number for event in folds] == list(range(1, len(folds) + 1))
    assert folds[0].n_trainings == len(folds) > N_FOLDS


def test_the_driver_of_workers_has_the_same_events(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_flight, "TICK", 0.01)
    alone, of_workers = list[Any](), list[Any]()
    plan = QUICK | {"n_folds": 1}  # in each trial
    search(**plan, out=tmp_path / "alone", on_event=alone.append).run()
    with ThreadPoolExecutor(2) as threads:
        search(**plan, on_event=of_workers.append).run(threads, workers=2)
    shown = [event for event in of_workers if not isinstance(event, WorkersSeen)]
    assert list(map(type, shown)) == list(map(type, alone))
    assert len(folds_in(alone)) > N_FOLDS
    assert folds_in(shown) == folds_in(alone)


def folds_in(events: list[Any]) -> list[tuple[int, int]]:
    return [(e.number, e.n_trainings) for e in events if isinstance(e, FoldDone)]


def test_a_regression_is_cross_validated_too(tmp_path: Path) -> None:
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(200, 3, generator=rng).numpy()
    y = abs(x @ [1.0, -2.0, 0.5]) + torch.randn(200, generator=rng).numpy()
    data, settings = (x[:150], y[:150], x[150:], y[150:]), SMALL | QUICK
    result = StagedSearch(data, **settings | {"out": tmp_path / "run", "seed": 1}).run()
    assert len(result.summary["cross_validation"]["networks"]) > 1
    assert SearchResult.load(result.path).best == result.best


def test_a_network_with_a_lower_loss_takes_over(whole: Whole) -> None:
    ledger = open_run(whole.path).ledger
    first, second, *_ = ledger.ranked
    ledger.cross_validation = CrossValidation({}, (first.key, second.key), second.key, N_FOLDS)
    assert ledger.best is second
    ledger.cross_validation = CrossValidation({}, (second.key,), second.key, N_FOLDS)
    assert ledger.best is first


NONE = CrossValidation().to_dict()


@pytest.mark.parametrize(
    "damaged",
    [
        3,
        {"folds": {}},
        NONE | {"folds": {"key": [[1]]}},
        NONE | {"compared": ["key"], "chosen": "key"},
        NONE | {"folds": {"key": []}, "compared": ["key"], "chosen": "another"},
    ],
)
def test_damage_is_told(whole: Whole, tmp_path: Path, damaged: Any) -> None:
    shutil.copytree(whole.path, tmp_path / "run")
    study = optuna.load_study(
        study_name="run/1-core-architecture", storage=f"sqlite:///{tmp_path}/run/study.db"
    )
    study.set_user_attr("cross_validation", damaged)
    with pytest.raises(InputError, match="is damaged"):
        open_run(tmp_path / "run")
