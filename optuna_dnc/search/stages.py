"""The three stages of Deep-n-Cheap, each an Optuna study."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar

import optuna
from optuna.samplers import BaseSampler
from optuna.trial import TrialState

from optuna_dnc._optuna_compat import resume_trial
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.search.grid import GridPoint, grid
from optuna_dnc.search.records import Record
from optuna_dnc.search.runner import TrialRunner
from optuna_dnc.search.samplers import PlannedSampler, core_sampler, training_sampler
from optuna_dnc.search.settings import SearchSettings
from optuna_dnc.training import TrainingConfig, TrainingSpace

StudyOpener = Callable[[BaseSampler], optuna.Study]
"""Opens or creates a stage's study with this sampler."""


class Stage(ABC):
    """A part of the search with a study of its own.

    Everything a stage decides follows from its settings and from the finished trials, so that a
    stage that was interrupted goes on where it was.
    """

    name: ClassVar[str]
    number: ClassVar[int]

    @abstractmethod
    def most_trials(self, family: NetworkFamily, settings: SearchSettings) -> int:
        """Upper bound on the trials, known before the search starts."""

    def n_trials(self, runner: TrialRunner) -> int:
        """Trials the stage will have, as far as is known when it starts."""
        return self.most_trials(runner.family, runner.settings)

    @abstractmethod
    def run(self, runner: TrialRunner, open_study: StudyOpener) -> Iterator[Record]:
        """Finish the stage's trials; yields each, also those that were finished before."""


class CoreArchitecture(Stage):
    """Stage 1: depth and widths by Bayesian optimisation."""

    name = "core-architecture"
    number = 1

    def most_trials(self, family: NetworkFamily, settings: SearchSettings) -> int:
        return settings.n_bayesian_trials

    def run(self, runner: TrialRunner, open_study: StudyOpener) -> Iterator[Record]:
        study = open_study(core_sampler(runner.family, runner.settings))
        for trial in _trials(study, runner, self.n_trials(runner)):
            if isinstance(trial, Record):
                yield trial
                continue
            config = runner.family.suggest_core(trial)
            yield runner.run(study, trial, self.name, config, runner.default_training(config))


class RemainingArchitecture(Stage):
    """Stage 2: small grids one after the other, each starting from the best so far."""

    name = "remaining-architecture"
    number = 2

    def most_trials(self, family: NetworkFamily, settings: SearchSettings) -> int:
        # The deepest network has the most places for everything.
        return _n_points(family, family.largest())

    def n_trials(self, runner: TrialRunner) -> int:
        best = _best_of(runner, CoreArchitecture)
        return _n_points(runner.family, runner.family.config_from_dict(best.config))

    def run(self, runner: TrialRunner, open_study: StudyOpener) -> Iterator[Record]:
        sampler = PlannedSampler()
        study = open_study(sampler)
        incumbent = _best_of(runner, CoreArchitecture)
        position = 0
        for refinement in runner.family.refinements:
            start = runner.family.config_from_dict(incumbent.config)
            for point in _grid_of(runner.family, refinement, start):
                position += 1
                sampler.plan = point.params
                for trial in _trials(study, runner, position, first=position - 1):
                    record = (
                        trial
                        if isinstance(trial, Record)
                        else self._run(runner, study, trial, refinement, point)
                    )
                    # Only a strictly better network replaces the incumbent.
                    if record.rank < incumbent.rank:
                        incumbent = record
                    yield record

    def _run(
        self,
        runner: TrialRunner,
        study: optuna.Study,
        trial: optuna.Trial,
        refinement: str,
        point: GridPoint,
    ) -> Record:
        for name, choices in point.choices.items():
            trial.suggest_categorical(name, choices)
        trial.set_user_attr("refinement", refinement)
        config = point.outcome
        return runner.run(study, trial, self.name, config, runner.default_training(config))


class TrainingHyperparameters(Stage):
    """Stage 3: learning rate, weight decay and batch size by Bayesian optimisation."""

    name = "training"
    number = 3

    def most_trials(self, family: NetworkFamily, settings: SearchSettings) -> int:
        return settings.n_bayesian_trials

    def run(self, runner: TrialRunner, open_study: StudyOpener) -> Iterator[Record]:
        space = TrainingSpace(**runner.settings.training_space)
        study = open_study(training_sampler(space, runner.settings))
        incumbent = _best_of(runner, CoreArchitecture, RemainingArchitecture)
        config = runner.family.config_from_dict(incumbent.config)
        base = TrainingConfig(**incumbent.training)
        for trial in _trials(study, runner, self.n_trials(runner)):
            if isinstance(trial, Record):
                yield trial
                continue
            yield runner.run(study, trial, self.name, config, space.suggest(trial, base))


STAGES: tuple[Stage, ...] = (
    CoreArchitecture(),
    RemainingArchitecture(),
    TrainingHyperparameters(),
)
"""In the order in which they run."""


def _best_of(runner: TrialRunner, *stages: type[Stage]) -> Record:
    """The best record of some stages; the earliest where several are equal."""
    records = runner.ledger.of_stages(*(stage.name for stage in stages))
    return min(records, key=lambda record: record.rank)


def _grid_of(family: NetworkFamily, refinement: str, config: Any) -> list[GridPoint]:
    return grid(partial(family.refine, refinement, config))


def _n_points(family: NetworkFamily, config: Any) -> int:
    return sum(len(_grid_of(family, refinement, config)) for refinement in family.refinements)


def _trials(
    study: optuna.Study, runner: TrialRunner, until: int, first: int = 0
) -> Iterator[optuna.Trial | Record]:
    """Trials number ``first`` to ``until - 1`` of a study: finished ones as their records.

    A trial that is running belongs to a run that was interrupted, as the folder's lock proves.
    It is taken up again under its own number, so that an interruption changes nothing.
    """
    known = study.get_trials(deepcopy=False)
    for trial in known[first:until]:
        if trial.state == TrialState.COMPLETE:
            yield Record.from_trial(trial)
        elif not trial.state.is_finished():
            runner.check_time()
            yield resume_trial(study, trial)
    for _ in range(max(first, len(known)), until):
        runner.check_time()
        yield study.ask()
