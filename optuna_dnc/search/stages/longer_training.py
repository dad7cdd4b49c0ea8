"""Longer training of the best network, where a time limit has shortened all trainings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from optuna_dnc.pruners.schedule import Wait
from optuna_dnc.runs.records import Record
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.stages.stage import proposal_of
from optuna_dnc.search.time_check import epochs_of_longer, to_train_longer
from optuna_dnc.search.trials.jobs import Step
from optuna_dnc.search.trials.trial_job import TrialFactory

LONGER = "longer_than"
"""Attribute of a trial: the trial ``stage/number`` whose network it trains for more epochs."""

EPOCHS = "n_epochs"
"""Attribute of such a trial: its number of epochs."""


@dataclass(frozen=True, kw_only=True)
class LongerTraining:
    """Last trial of the last stage: the best network, trained for as long as there is time.

    It is a trial like any other, so that it can be interrupted and resumed, and so that its
    network is the answer only if it is better on the validation samples.
    """

    context: SearchContext
    factory: TrialFactory
    suggest: Callable[[optuna.Trial], Proposal]
    """Suggests the parameters of a trial of the stage."""
    params: Callable[[Record], Mapping[str, Any]]
    """Returns the parameters that suggest the training of a record."""

    def next_step(self) -> Step | None:
        """Begin the training, or wait for the worker who does it; None if it is not worth it."""
        trials = self._begun()
        unfinished = [trial for trial in trials if not trial.state.is_finished()]
        if unfinished and not self.factory.is_free(unfinished[0]):
            return Wait()
        best = to_train_longer(self.context)
        epochs = None if best is None else epochs_of_longer(self.context, best)
        if best is None or epochs is None:
            return None
        if not unfinished:
            if any(trial.user_attrs[LONGER] == best.label for trial in trials):
                return None
            self.factory.board.study.enqueue_trial(
                dict(self.params(best)), user_attrs={LONGER: best.label, EPOCHS: epochs}
            )
            unfinished = self._begun()[-1:]
        self.context.limit.reserved = self.context.seconds_to_judge(best)
        return self.factory.begin(unfinished[0], self.propose) or Wait()

    def _begun(self) -> list[FrozenTrial]:
        return [trial for trial in self.factory.board.trials() if LONGER in trial.user_attrs]

    def propose(self, trial: optuna.Trial) -> Proposal:
        """Return the proposal of any trial of the stage."""
        usual = self.suggest(trial)
        if LONGER not in trial.user_attrs:
            return usual
        record = self.context.ledger.of_trial(trial.user_attrs[LONGER])
        assert record is not None, "the training that is repeated has ended"
        config, training = proposal_of(self.context, record)
        return Proposal(config, training.over(trial.user_attrs[EPOCHS]))
