"""Remaining architecture: stage 2, a sequence of small grids."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import optuna
from optuna.trial import FrozenTrial
from typing_extensions import override

from optuna_dnc._optuna_compat import set_user_attrs
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.pruners.schedule import Done, Wait
from optuna_dnc.runs.records import ORIGIN, Record, is_shared
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.stage_keys import CORE, REMAINING
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.stages.stage import Stage, StudyOpener, best_of
from optuna_dnc.search.stages.stage_samplers import PlannedSampler
from optuna_dnc.search.time_check import check_time
from optuna_dnc.search.trials.jobs import JobQueue, Step
from optuna_dnc.search.trials.trial_board import TrialBoard
from optuna_dnc.search.trials.trial_job import TrialFactory
from optuna_dnc.space.grid import GridPoint, grid
from optuna_dnc.training import TrainingConfig


class RemainingArchitecture(Stage):
    """Stage 2: a greedy sequence of small grids, each starting from the best network so far.

    The first one starts from the best network of stage 1. If that stage goes on later and finds a
    better network, the same sequence follows for this one.

    No pruner stops its trainings: a grid has few points, its choice is final, and its options
    change the shape of the learning curve. Dropout, for one, learns slowly and ends better.
    """

    key = REMAINING
    time_share = 2.0

    @override
    def most_trials(self, family: NetworkFamily, settings: SearchSettings) -> int:
        # The deepest network has the most options.
        return _n_points(family, family.largest())

    @override
    def n_trials(self, context: SearchContext) -> int:
        best, ledger = best_of(context, CORE), context.ledger
        own = (record for record in ledger.of_stages(self.name) if not record.shared)
        origins = (ledger.of_trial(record.origin) for record in own if record.origin is not None)
        n_before = sum(origin is not None and best.rank < origin.rank for origin in origins)
        return n_before + _n_points(context.family, context.family.config_from_dict(best.config))

    @override
    def ahead(self, context: SearchContext) -> Iterator[Proposal]:
        return _ahead(context, 0, best_of(context, CORE))

    @override
    def jobs(self, context: SearchContext, open_study: StudyOpener, claims: Claims) -> JobQueue:
        sampler = PlannedSampler()
        board = TrialBoard(open_study(sampler), self.key, claims)
        factory = TrialFactory(context=context, board=board, stage=self.name)
        return _GridQueue(context, factory, sampler)


@dataclass(frozen=True)
class _GridQueue(JobQueue):
    """Points of the grids, whose own trials have the same order.

    The points of one grid may be trained at once. The next grid starts from the best network when
    all of them have ended, so that the result does not depend on the number of workers.
    """

    context: SearchContext
    factory: TrialFactory
    sampler: PlannedSampler

    @override
    def is_training(self) -> bool:
        return self.factory.board.is_training()

    @override
    def next_step(self) -> Step:
        for current in self._grids():
            is_busy = False
            for trial, point in current.left:
                step = self._begun(trial, current, point)
                if step is not None:
                    return step
                is_busy = True
            if is_busy:
                return Wait()
        return Done()

    @override
    def ahead(self) -> Iterator[Proposal]:
        *_, grid = self._grids()
        yield from _ahead(self.context, grid.number + 1, grid.best)

    def _grids(self) -> Iterator[_Grid]:
        """Yield the grids, up to the first one with points that have not ended.

        Those that started from an earlier best network of stage 1 come first, as they were.
        """
        trials = deque(t for t in self.factory.board.trials() if not is_shared(t))
        start = self._start_of(trials)
        while (yield from self._grids_from(start, trials)):
            before, start = start, self._start_of(trials)
            if before.rank <= start.rank:
                return

    def _start_of(self, trials: Sequence[FrozenTrial]) -> Record:
        """Return the network of stage 1 from which the first of these trials started, or would."""
        label = trials[0].user_attrs.get(ORIGIN) if trials else None
        known = None if label is None else self.context.ledger.of_trial(label)
        return known or best_of(self.context, CORE)

    def _grids_from(
        self, incumbent: Record, trials: deque[FrozenTrial]
    ) -> Generator[_Grid, None, bool]:
        """Yield the grids of one start, taking their trials; return whether all have ended."""
        origin = incumbent.label
        for number, refinement in enumerate(self.context.family.refinements):
            grid = _Grid(number, refinement, incumbent, origin)
            for point in _points(self.context, grid):
                trial = trials.popleft() if trials else None
                if trial is None or not trial.state.is_finished():
                    grid.left.append((trial, point))
                else:
                    label = self.factory.label(trial.number)
                    grid.ended.append(self.context.ledger.of_trial(label))
            yield grid
            if grid.left:
                return False
            incumbent = grid.best
        return True

    def _begun(self, trial: FrozenTrial | None, grid: _Grid, point: GridPoint) -> Step | None:
        """Begin the trial of a point; None if it is left to another worker."""
        if trial is not None and not self.factory.is_free(trial):
            return None
        check_time(self.context)
        self.sampler.plan = point.params

        def propose(trial: optuna.Trial) -> Proposal:
            for name, choices in point.choices.items():
                trial.suggest_categorical(name, choices)
            set_user_attrs(trial, {"refinement": grid.refinement, ORIGIN: grid.origin})
            return _proposal(self.context, grid, point)

        return self.factory.begin(trial, propose)


@dataclass
class _Grid:
    """A grid of points around the best network so far."""

    number: int
    refinement: str
    start: Record
    """Best network before it."""
    origin: str
    """Trial of stage 1 from whose network the grids started."""
    ended: list[Record | None] = field(default_factory=list)
    """Records of the points that have ended, in order; None for those without one."""
    left: list[tuple[FrozenTrial | None, GridPoint]] = field(default_factory=list)
    """Points that have not ended, with their trials."""

    @property
    def best(self) -> Record:
        """The best network after it; only a strictly better one replaces another."""
        best = self.start
        for record in self.ended:
            if record is not None and record.rank < best.rank:
                best = record
        return best


def _points(context: SearchContext, grid: _Grid) -> Iterator[GridPoint]:
    """Yield the points of a grid that keep the limits."""
    config = context.family.config_from_dict(grid.start.config)
    for point in _grid_of(context.family, grid.refinement, config):
        if context.cost_limits.keeps_counted(point.outcome):
            yield point


def _proposal(context: SearchContext, grid: _Grid, point: GridPoint) -> Proposal:
    config, is_published = point.outcome, context.settings.is_published
    own = TrainingConfig(**grid.start.training)
    return Proposal(config, context.default_training(config) if is_published else own)


def _ahead(context: SearchContext, first: int, best: Record) -> Iterator[Proposal]:
    """Yield the points of all grids from the ``first`` one on, as if ``best`` stayed the best."""
    for number, refinement in list(enumerate(context.family.refinements))[first:]:
        grid = _Grid(number, refinement, best, best.label)
        for point in _points(context, grid):
            yield _proposal(context, grid, point)


def _grid_of(family: NetworkFamily, refinement: str, config: Any) -> list[GridPoint]:
    return grid(partial(family.refine, refinement, config))


def _n_points(family: NetworkFamily, config: Any) -> int:
    return sum(len(_grid_of(family, refinement, config)) for refinement in family.refinements)
