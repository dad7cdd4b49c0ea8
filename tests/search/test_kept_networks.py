"""Weights of the front of error and cost are kept while a search runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from optuna_dnc._names import weights_file
from optuna_dnc.runs import open_run
from optuna_dnc.runs.kept_weights import candidates_of, keys_to_keep
from optuna_dnc.search import SearchResult, StagedSearch, TrialDone
from tests.searches import Arrays

Search = Callable[..., StagedSearch]


@pytest.mark.parametrize("changes", [{}, {"pruner": "hyperband", "epochs": 3}])
def test_after_each_trial_the_best_and_the_front_have_weights_and_no_others(
    search: Search, changes: dict[str, object]
) -> None:
    seen: list[tuple[set[str], set[str]]] = []

    def look(event: object) -> None:
        if not isinstance(event, TrialDone) or event.best is None:
            return
        run = open_run(staged.folder.path, to_read=True)
        best = run.ledger.best
        assert best is not None
        keys = keys_to_keep(candidates_of(run.ledger.records, "n_params"), best.key)
        files = {path.name for path in run.folder.checkpoints.glob("*.safetensors")}
        seen.append((files, {weights_file(key) for key in keys}))

    staged = search(on_event=look, **changes)
    staged.run()
    assert seen
    if "pruner" in changes:  # a rung's records are there before the weights of others are deleted
        assert all(kept <= files for files, kept in seen)
    else:
        assert all(files == kept for files, kept in seen)
    assert seen[-1][0] == seen[-1][1]


def test_a_network_of_the_front_is_chosen_without_a_training(
    ended: Path, arrays: Arrays, epochs_trained: list[tuple[int, int]]
) -> None:
    result = SearchResult.load(ended)
    rows = [row for row in result.leaderboard() if row.on_front and row.rank > 1]
    assert result.choose(rows[0].record.label, data=arrays).chosen is not None
    assert epochs_trained == []
