"""Contract tests of samplers."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.trial import BaseTrial, TrialState

from optuna_dnc.samplers import SamplerRequest

N_TRIALS = 12


class SamplerContract:
    """Contract of samplers of a search, on a space with conditional parameters.

    Optuna's own suite, ``optuna.testing.pytest_samplers``, tests what any study relies on.

    >>> class TestMySampler(SamplerContract):
    ...     def make_sampler(self, request):
    ...         return MySampler(seed=request.seed)
    """

    @abstractmethod
    def make_sampler(self, request: SamplerRequest) -> BaseSampler:
        """Create the sampler as a search does for one of its stages."""

    def test_proposals_lie_in_their_ranges(self) -> None:
        """Every value is one of its distribution."""
        for trial in self._study(N_TRIALS).trials:
            for name, value in trial.params.items():
                distribution = trial.distributions[name]
                assert distribution._contains(distribution.to_internal_repr(value))

    def test_the_same_seed_gives_the_same_proposals(self) -> None:
        """Two samplers of one seed propose the same."""
        first, second = (self._study(N_TRIALS) for _ in range(2))
        assert [t.params for t in first.trials] == [t.params for t in second.trials]

    def test_a_new_sampler_continues_a_study(self) -> None:
        """A search that resumes creates the sampler anew, with the study as it was left."""
        study = self._study(N_TRIALS)
        study.sampler = self._sampler()
        study.optimize(_objective, n_trials=2)
        assert len(study.trials) == N_TRIALS + 2

    def test_failed_pruned_and_running_trials_are_no_hindrance(self) -> None:
        """Trials of every state may be in the study."""
        study = self._study(N_TRIALS)
        for state in (TrialState.FAIL, TrialState.PRUNED):
            trial = study.ask()
            value = _objective(trial)
            trial.report(value, step=1)
            study.tell(trial, state=state)
        running = study.ask()
        _objective(running)
        study.optimize(_objective, n_trials=2)
        assert len(study.trials) == N_TRIALS + 5

    def _sampler(self) -> BaseSampler:
        request = SamplerRequest(
            search_space=_suggest,
            kernels=(),
            seed=3,
            n_startup_trials=4,
            n_candidates=50,
            preset="default",
        )
        return self.make_sampler(request)

    def _study(self, n_trials: int) -> optuna.Study:
        study = optuna.create_study(sampler=self._sampler())
        study.optimize(_objective, n_trials=n_trials)
        return study


def _suggest(trial: BaseTrial) -> dict[str, Any]:
    n_layers = trial.suggest_int("n_layers", 0, 2)
    return {
        "widths": [trial.suggest_int(f"width_{i}", 4, 64) for i in range(n_layers)],
        "lr": trial.suggest_float("lr", 1e-5, 1e-1, log=True),
        "activation": trial.suggest_categorical("activation", ["relu", "tanh"]),
    }


def _objective(trial: optuna.Trial) -> float:
    found = _suggest(trial)
    return float(sum(found["widths"]) / 100 + abs(found["lr"] - 1e-3))
