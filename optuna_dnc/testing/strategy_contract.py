"""Contract tests of search strategies."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc.runs import Strategy, open_run, register_strategy
from optuna_dnc.runs.strategies import STRATEGIES
from optuna_dnc.search import Event, SearchResult, StagedSearch, TrialDone
from optuna_dnc.search.stages.stage import Stage


class StrategyContract:
    """Contract of search strategies, on a search of a few seconds.

    >>> class TestWholeNetwork(StrategyContract):
    ...     strategy = STRATEGY
    """

    strategy: Strategy
    settings: dict[str, Any] = {"n_startup_trials": 1, "n_steps": 1, "epochs": 1}  # noqa: RUF012
    """Settings of a short search; replace them if the strategy refuses one."""

    def test_its_stages_are_found_by_their_keys(self) -> None:
        """A run's folder holds the keys; resuming imports the stages."""
        labels = [key.label for key in self.strategy.stages]
        assert len(set(labels)) == len(labels)
        for key in self.strategy.stages:
            module, _, name = key.stage.partition(":")
            stage = getattr(import_module(module), name)
            assert issubclass(stage, Stage)
            assert stage.key.label == key.label

    def test_a_search_finds_a_network(self, tmp_path: Path) -> None:
        """Its best network comes from one of the stages, and loads again."""
        result = self._search(tmp_path).run()
        assert result.best.stage in {key.name for key in self.strategy.stages}
        assert SearchResult.load(result.path).best == result.best

    def test_no_stage_has_more_trials_than_planned(self, tmp_path: Path) -> None:
        """``most_trials`` and ``most_epochs`` are upper bounds: a dry run prints them."""
        search = self._search(tmp_path)
        planned = {stage.name: stage for stage in search.plan().stages}
        run = open_run(search.run().path)
        for key in self.strategy.stages:
            trials = run.study_of[key.name].get_trials(deepcopy=False)
            assert len(trials) <= planned[key.name].n_trainings
            assert sum(len(trial.intermediate_values) for trial in trials) <= (
                planned[key.name].n_epochs
            )

    def test_an_interrupted_search_resumes(self, tmp_path: Path) -> None:
        """What a stage does follows from its settings and its finished trials."""
        whole = self._search(tmp_path / "whole").run()
        with pytest.raises(KeyboardInterrupt):
            self._search(tmp_path / "interrupted", on_event=_interrupt).run()
        resumed = self._search(tmp_path / "interrupted").run()
        assert _params(resumed) == _params(whole)

    def _search(self, folder: Path, **options: Any) -> StagedSearch:
        if self.strategy.name not in STRATEGIES:
            register_strategy(self.strategy)
        rng = np.random.default_rng(0)
        y = np.arange(60) % 2
        x = (rng.normal(size=(60, 5)) + y[:, None]).astype(np.float32)
        ranges = {"n_layers": (0, 1), "width": (2, 8), "activation": ("relu", "tanh")}
        return StagedSearch(
            (x, y),
            network="mlp",
            space=ranges | {"dropout": (0.0, 0.2)},
            strategy=self.strategy.name,
            device="cpu",
            floors=False,
            out=folder / "run",
            **self.settings,
            **options,
        )


def _interrupt(event: Event) -> None:
    if isinstance(event, TrialDone):
        raise KeyboardInterrupt


def _params(result: SearchResult) -> dict[str, list[dict[str, Any]]]:
    studies = open_run(result.path).study_of
    return {name: [trial.params for trial in study.trials] for name, study in studies.items()}
