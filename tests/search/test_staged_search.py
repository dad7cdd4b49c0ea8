"""What a search leaves behind, and that it is what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pytest
import torch

from optuna_dnc.objectives import penalized_loss
from optuna_dnc.search import SearchResult, StagedSearch, TrialDone
from tests.searches import FEWEST, trials_of

Search = Callable[..., StagedSearch]


def test_every_stage_has_its_study_and_its_trials(whole_search: Path) -> None:
    core, remaining, training = trials_of(whole_search)
    assert len(core) == len(training) == 4
    assert 2 <= len(remaining) <= 3 + 2
    assert all(state == "COMPLETE" for _, state, *_ in core + remaining + training)


def test_result_json_holds_the_documented_fields(search: Search, tmp_path: Path) -> None:
    search(wc=0.5, seed=3).run()
    summary = json.loads((tmp_path / "run" / "result.json").read_text())
    assert summary["schema"] == 1
    assert (summary["dataset"], summary["network"]) == ("arrays", "mlp")
    assert (summary["task"], summary["wc"]) == ("classification", 0.5)
    assert (summary["penalize"], summary["seed"]) == ("n_params", 3)
    assert summary["search_seconds"] > 0
    assert set(summary["versions"]) == {"optuna_dnc", "optuna", "torch", "python"}
    assert {"config", "loss", "val_accuracy", "test_accuracy", "t_epoch"} <= set(summary["best"])
    assert {"n_params", "stage", "trial_number"} <= set(summary["best"])
    assert [stage["name"] for stage in summary["stages"]] == [
        "core-architecture",
        "remaining-architecture",
        "training",
    ]
    assert all({"n_trials", "best_loss", "seconds"} <= set(stage) for stage in summary["stages"])


def test_the_best_is_the_lowest_loss_of_all_stages(whole_search: Path) -> None:
    losses = [trial[3] for stage in trials_of(whole_search) for trial in stage]
    assert SearchResult.load(whole_search).best.loss == min(losses)


def test_the_saved_weights_are_those_that_were_tested(
    whole_search: Path, arrays: tuple[np.ndarray, ...]
) -> None:
    result = SearchResult.load(whole_search)
    right = (result.predict(arrays[2]) == arrays[3]).mean()
    assert right == pytest.approx(result.best.test_accuracy)


def test_the_loss_is_the_penalised_one_against_the_largest_network(
    search: Search, arrays: tuple[np.ndarray, ...]
) -> None:
    best = search(**FEWEST, wc=2.0).run().best
    largest = (5 + 1) * 16 + (16 + 1) * 16 + (16 + 1) * 3
    assert best.loss == pytest.approx(
        penalized_loss(best.val_error, best.n_params / largest, 2.0, n_val=30)
    )


def test_a_given_baseline_replaces_the_largest_network(search: Search) -> None:
    best = search(**FEWEST, baseline=1000.0).run().best
    assert best.loss == pytest.approx(
        penalized_loss(best.val_error, best.n_params / 1000, 0.1, n_val=30)
    )


def test_penalising_time_measures_a_baseline_once(search: Search, tmp_path: Path) -> None:
    search(**FEWEST, penalize="t_epoch").run()
    study = optuna.load_study(
        study_name="run/1-core-architecture", storage=f"sqlite:///{tmp_path}/run/study.db"
    )
    baseline = study.user_attrs["baseline"]
    assert baseline > 0
    search(**FEWEST, penalize="t_epoch").run()
    assert json.loads((tmp_path / "run" / "result.json").read_text())["baseline"] == baseline


def test_the_same_seed_gives_the_same_search(
    search: Search, whole_search: Path, tmp_path: Path
) -> None:
    search().run()
    assert trials_of(tmp_path / "run") == trials_of(whole_search)


def test_another_seed_gives_another_search(
    search: Search, whole_search: Path, tmp_path: Path
) -> None:
    search(seed=1).run()
    assert trials_of(tmp_path / "run") != trials_of(whole_search)


def test_trials_record_the_documented_attributes(whole_search: Path) -> None:
    study = optuna.load_study(
        study_name="run/2-remaining-architecture", storage=f"sqlite:///{whole_search}/study.db"
    )
    documented = {
        "stage", "refinement", "network", "config", "training", "key", "seconds", "error",
        "val_accuracy", "t_epoch", "n_params", "epochs_run", "best_epoch", "train_seconds",
        "eval_seconds", "status",
    }  # fmt: skip
    for trial in study.trials:
        assert documented <= set(trial.user_attrs)


def test_every_epoch_is_reported_to_its_trial(search: Search, tmp_path: Path) -> None:
    search(**FEWEST | {"n_startup_trials": 3}, epochs=3).run()
    study = optuna.load_study(
        study_name="run/1-core-architecture", storage=f"sqlite:///{tmp_path}/run/study.db"
    )
    trained = [t for t in study.trials if "reused_from" not in t.user_attrs]
    assert all(sorted(t.intermediate_values) == [1, 2, 3] for t in trained)


def test_no_configuration_is_trained_twice(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    from optuna_dnc.search.trials import trainer

    trained = []
    train = trainer.train_network

    def counted(family, config, data, training, **rest):
        trained.append((config, training.model_dump_json()))
        return train(family, config, data, training, **rest)

    monkeypatch.setattr(trainer, "train_network", counted)
    events: list[TrialDone] = []
    search(
        space={"n_layers": (1, 1), "width": (4, 5), "dropout": (0.0, 0.2), "encoding": "none"},
        n_steps=6,
        on_event=lambda event: events.append(event) if isinstance(event, TrialDone) else None,
    ).run()
    reused = [event for event in events if event.record.reused_from]
    assert len(set(trained)) + len(reused) == len(events)
    # Once more for its weights: the answer, if other folds prefer it to the lowest loss.
    assert len(trained) <= len(set(trained)) + 1
    # At the least, each of the two grids of stage 2 meets the incumbent again.
    assert len(reused) >= 2


def test_stage_two_keeps_the_incumbent_unless_strictly_better(
    search: Search, tmp_path: Path
) -> None:
    ranges = {"n_layers": (1, 1), "width": (8, 8), "dropout": (0.0, 0.2, 0.4)}
    search(space=ranges | {"encoding": "none"}).run()
    storage = f"sqlite:///{tmp_path}/run/study.db"
    core = optuna.load_study(study_name="run/1-core-architecture", storage=storage)
    grids = optuna.load_study(study_name="run/2-remaining-architecture", storage=storage)
    training = optuna.load_study(study_name="run/3-training", storage=storage)
    incumbent = core.best_trial
    for refinement in ("activation", "dropout"):
        trials = [t for t in grids.trials if t.user_attrs["refinement"] == refinement]
        other = "dropout" if refinement == "activation" else "activation"
        start = incumbent.user_attrs["config"]
        assert all(t.user_attrs["config"][other] == start[other] for t in trials)
        incumbent = min([incumbent, *trials], key=lambda t: t.value)
    config = incumbent.user_attrs["config"]
    assert all(t.user_attrs["config"] == config for t in training.trials)


def test_a_result_loads_and_predicts_without_the_search(
    search: Search, arrays: tuple[np.ndarray, ...], tmp_path: Path
) -> None:
    expected = search().run().predict(arrays[2])
    loaded = SearchResult.load(tmp_path / "run")
    assert (loaded.predict(arrays[2]) == expected).all()
    assert not loaded.model().training
    assert loaded.complete


def test_a_storage_object_holds_the_studies(search: Search, tmp_path: Path) -> None:
    storage = optuna.storages.InMemoryStorage()
    search(storage=storage).run()
    assert len(trials_of(tmp_path / "run", storage)[0]) == 4
    assert not (tmp_path / "run" / "study.db").exists()


def test_a_training_that_diverges_is_recorded_and_the_search_goes_on(search: Search) -> None:
    events: list[TrialDone] = []
    result = search(
        training_space={"lr": (1e-3, 1e30)},
        n_startup_trials=4,
        on_event=lambda event: events.append(event) if isinstance(event, TrialDone) else None,
    ).run()
    assert "diverged" in {event.record.measured.status for event in events}
    assert np.isfinite(result.best.loss)


def test_out_of_memory_is_recorded_and_the_search_goes_on(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    from optuna_dnc.search.trials import trainer

    train = trainer.train_network

    def sometimes_too_large(family, config, *rest, **named):
        if len(config.widths) == 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return train(family, config, *rest, **named)

    monkeypatch.setattr(trainer, "train_network", sometimes_too_large)
    events: list[TrialDone] = []
    result = search(
        n_startup_trials=4,
        on_event=lambda event: events.append(event) if isinstance(event, TrialDone) else None,
    ).run()
    assert "out-of-memory" in {event.record.measured.status for event in events}
    assert len(result.best.config.widths) < 2


@pytest.mark.parametrize("penalize", ["t_epoch", "n_params"])
def test_a_training_without_weights_never_wins_however_dear_the_others_are(
    search: Search, monkeypatch: pytest.MonkeyPatch, penalize: str
) -> None:
    from optuna_dnc.search.trials import trainer

    train = trainer.train_network

    def small_ones_fail(family, config, *rest, **named):
        if not config.widths:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return train(family, config, *rest, **named)

    monkeypatch.setattr(trainer, "train_network", small_ones_fail)
    result = search(wc=1e6, penalize=penalize, baseline=1e-3, n_startup_trials=6).run()
    assert result.best.config.widths
    assert result.summary["leaders"][0]["loss"] == result.best.loss


def test_grids_with_one_value_need_no_training(search: Search, tmp_path: Path) -> None:
    space = {"width": (4, 16), "activation": "relu", "dropout": 0.0, "encoding": "none"}
    search(space=space).run()
    _, remaining, _ = trials_of(tmp_path / "run")
    assert len(remaining) in (0, 2)
    study = optuna.load_study(
        study_name="run/2-remaining-architecture", storage=f"sqlite:///{tmp_path}/run/study.db"
    )
    assert all("reused_from" in trial.user_attrs for trial in study.trials)
