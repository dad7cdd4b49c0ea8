"""Another network than the best becomes the answer of a search."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc import InputError
from optuna_dnc.runs import open_run, search_status
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search import SearchResult, StagedSearch, choose
from tests.interruption import Killed
from tests.searches import FEWEST, SEARCHED, Arrays


def other(result: SearchResult) -> str:
    """Return the trial of another finished network than the best."""
    rows = [row for row in result.leaderboard() if row.state == "finished"]
    best = result.family.config_from_dict(result.summary["best"]["config"])
    return next(
        row.record.label for row in rows if result.family.config_from_dict(row.config) != best
    )


def test_the_chosen_network_predicts_and_the_best_stays_the_best(
    result: SearchResult, classes: Arrays
) -> None:
    label, best = other(result), result.summary["best"]
    chosen = result.choose(label, data=classes, device="cpu")
    record = open_run(result.path).ledger.of_trial(label)
    assert record is not None
    assert chosen.chosen is not None
    assert f"{chosen.chosen.stage}/{chosen.chosen.trial_number}" == label
    assert chosen.config == chosen.family.config_from_dict(record.config)
    assert chosen.best == result.best
    assert chosen.summary["best"] == best
    assert search_status(result.path).state == "chosen"
    x_test, y_test = classes[2:]
    accuracy = np.mean(chosen.predict(x_test) == y_test)
    assert accuracy == pytest.approx(chosen.chosen.test_accuracy)
    assert chosen.metrics.n_params == sum(p.numel() for p in chosen.model().parameters())


def test_it_is_trained_on_all_samples_as_the_best_one(
    result: SearchResult, classes: Arrays
) -> None:
    chosen = result.choose(other(result), data=classes, device="cpu")
    assert chosen.summary["chosen"]["refit"]["n_samples"] == 150
    assert "Chosen by hand" in (result.path / "card.md").read_text()


def test_the_card_is_written_by_the_next_choice_where_this_one_was_killed(
    result: SearchResult, classes: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: SearchResult) -> None:
        raise Killed

    label = other(result)
    with monkeypatch.context() as patch:
        patch.setattr(SearchResult, "write_card", killed)
        with pytest.raises(Killed):
            result.choose(label, data=classes, device="cpu")
    assert "Chosen by hand" not in (result.path / "card.md").read_text()
    result.choose(label, data=classes, device="cpu")
    assert "Chosen by hand" in (result.path / "card.md").read_text()


def test_best_goes_back_to_the_same_weights(result: SearchResult, classes: Arrays) -> None:
    before = {name: w.clone() for name, w in result.model().state_dict().items()}
    result.choose(other(result), data=classes, device="cpu")
    back = result.choose("best", data=classes, device="cpu")
    assert back.chosen is None
    assert "chosen" not in back.summary
    after = back.model().state_dict()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert search_status(result.path).state == "complete"


def test_networks_that_were_tested_are_counted_once(result: SearchResult, classes: Arrays) -> None:
    assert result.n_test_evaluations == 1
    label = other(result)
    assert result.choose(label, data=classes, device="cpu").n_test_evaluations == 2
    assert result.choose("best", data=classes, device="cpu").n_test_evaluations == 2
    assert result.choose(label, data=classes, device="cpu").n_test_evaluations == 2


def test_without_a_test_set_nothing_is_counted(
    search: Callable[..., StagedSearch], arrays: Arrays
) -> None:
    result = search(**FEWEST | {"n_startup_trials": 2}, data=arrays[:2]).run()
    assert result.n_test_evaluations == 0
    chosen = result.choose(other(result), data=arrays[:2])
    assert (chosen.n_test_evaluations, chosen.answer.test_error) == (0, None)


def test_a_row_of_the_leaderboard_is_a_choice_too(result: SearchResult, classes: Arrays) -> None:
    row = result.leaderboard()[1]
    chosen = result.choose(2, data=classes, device="cpu")
    assert chosen.config == result.family.config_from_dict(row.config)
    # The rows keep their numbers.
    assert result.leaderboard()[1].config == row.config


def test_what_is_chosen_already_is_not_trained_again(
    result: SearchResult, classes: Arrays, epochs_trained: list[tuple[int, int]]
) -> None:
    label = other(result)
    result.choose(label, data=classes, device="cpu")
    n_epochs = len(epochs_trained)
    again = result.choose(label, data=classes, device="cpu")
    result.choose(label, data=classes, device="cpu")
    assert len(epochs_trained) == n_epochs
    assert again.chosen is not None


def test_a_damaged_file_of_a_chosen_network_says_how_to_write_it_anew(
    result: SearchResult, classes: Arrays
) -> None:
    label = other(result)
    result.choose(label, data=classes, device="cpu")
    RunFolder(result.path).model.unlink()
    with pytest.raises(InputError, match=f"optuna-dnc choose {result.path} {label}"):
        SearchResult.load(result.path).model()
    assert result.choose(label, data=classes, device="cpu").model()


@pytest.mark.parametrize(
    ("trial", "reason"),
    [
        ("training/999", "is not a network of the search"),
        ("1000", "is not a network of the search"),
        ("nonsense", "give STAGE/NUMBER, such as "),
    ],
)
def test_what_is_no_network_is_refused(
    result: SearchResult, classes: Arrays, trial: str, reason: str
) -> None:
    before = RunFolder(result.path).result.read_bytes()
    with pytest.raises(InputError, match=reason):
        result.choose(trial, data=classes)
    assert RunFolder(result.path).result.read_bytes() == before


def test_a_network_that_was_stopped_is_refused(
    search: Callable[..., StagedSearch], arrays: Arrays
) -> None:
    result = search(space=FEWEST["space"], pruner="hyperband", epochs=3, budget=12).run()
    row = next(row for row in result.leaderboard() if row.state == "stopped early")
    with pytest.raises(InputError, match=r"not trained to the end \(stopped early\)"):
        result.choose(row.record.label, data=arrays)


def test_the_same_search_again_keeps_the_choice(result: SearchResult, classes: Arrays) -> None:
    label = other(result)
    result.choose(label, data=classes, device="cpu")
    again = StagedSearch(classes, **SEARCHED, out=result.path).run()
    assert again.chosen is not None
    assert f"{again.chosen.stage}/{again.chosen.trial_number}" == label


def test_the_chosen_network_is_judged_beside_simple_models(
    result: SearchResult, classes: Arrays
) -> None:
    result = StagedSearch(classes, **SEARCHED | {"floors": True}, out=result.path).run()
    best = result.summary["evaluation"]
    chosen = result.choose(other(result), data=classes)
    entry: dict[str, Any] = json.loads(RunFolder(result.path).result.read_text())["chosen"]
    assert chosen.summary["evaluation"] == best
    assert entry["evaluation"]["part"] == "test"


def test_a_folder_without_a_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"result\.json"):
        choose(tmp_path, "best")
