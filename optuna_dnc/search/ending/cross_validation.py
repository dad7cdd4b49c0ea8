"""Choice between leading networks by cross-validation, after the last stage of a search."""

from __future__ import annotations

import math
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from typing_extensions import override

from optuna_dnc._locks import Lock
from optuna_dnc.data import PreparedData
from optuna_dnc.objectives import is_out_of_memory, penalized_loss
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.pruners.schedule import Done, Wait
from optuna_dnc.runs.cross_validation import Fold
from optuna_dnc.runs.folder import intact_summary
from optuna_dnc.runs.records import Record, training_seed
from optuna_dnc.runs.studies import Studies
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.events import FoldDone
from optuna_dnc.search.stages.forecast import seconds_to_result
from optuna_dnc.search.trials.attempts import Attempts, Crashed
from optuna_dnc.search.trials.jobs import Job, JobQueue, Step
from optuna_dnc.training import FitResult, TrainingConfig, train_network

FEWEST_FOLDS = 2
"""Folds of a comparison at least, besides the validation set, if time is up."""


class FoldQueue(JobQueue):
    """Trainings of the leading networks on other folds.

    On few validation samples, the best of many networks is partly the luckiest. The networks are
    trained on one fold after the other, each network by one worker at a time. Each training is
    stored with the studies, so that none is repeated when the search is resumed.
    """

    def __init__(self, context: SearchContext, studies: Studies, claims: Claims) -> None:
        self.context = context
        self.studies = studies
        self._claims = claims
        self._is_over = False
        self._shown: set[tuple[str, int]] = set()
        self._data: tuple[int, PreparedData] | None = None
        self.networks = [] if _has_ended_before(context) else context.to_compare()

    @override
    def next_step(self) -> Step:
        ledger = self.context.ledger
        ledger.cross_validation = self.studies.cross_validation()
        is_busy = False
        for number in range(len(self.context.folds)):
            for record in self.networks:
                # A network whose last fold is being trained has no turn before that has ended.
                if len(ledger.cross_validation.of(record.key)) != number or self._is_over:
                    continue
                lock = self._claims.take(_name(record))
                if lock is not None:
                    return _FoldJob(self, record, number, lock)
                is_busy = True
        return Wait() if is_busy or self.is_training() else Done()

    @override
    def is_training(self) -> bool:
        return any(self._claims.is_taken(_name(record)) for record in self.networks)

    def data_of(self, number: int) -> PreparedData:
        """Return the samples split by a fold; those of the last one are kept."""
        if self._data is None or self._data[0] != number:
            self._data = number, self.context.folds[number]()
        return self._data[1]

    def stop(self) -> None:
        """Train no more: time is up, or memory is too small."""
        self._is_over = True

    def events(self) -> Iterator[FoldDone]:
        """Yield the training runs that have ended since the last call, by any worker."""
        known, n_folds = self.context.ledger.cross_validation, len(self.context.folds)
        for number in range(n_folds):
            for record in self.networks:
                folds, place = known.of(record.key), (record.key, number)
                if len(folds) > number and place not in self._shown:
                    self._shown.add(place)
                    n_trainings = len(self.networks) * n_folds
                    error = folds[number].error
                    left = max(min(seconds_to_result(self.context), self.context.limit.left), 0.0)
                    yield FoldDone(len(self._shown), n_trainings, record, error, left)


def _name(record: Record) -> str:
    """Return the name of the claim of a network."""
    return f"folds-{record.key[:16]}"


class _FoldJob(Job):
    """Training of a network outside of a fold."""

    def __init__(self, queue: FoldQueue, record: Record, number: int, lock: Lock) -> None:
        self._queue = queue
        self._record = record
        self._number = number
        self._lock = lock
        self._fold: Fold | None = None
        self.label = f"{record.label}, split {number + 2}/{len(queue.context.folds) + 1}"
        self.description = record.description

    @override
    def train(self) -> None:
        context, record = self._queue.context, self._record
        attempts = Attempts(context.folder.workers, _name(record))
        data = self._queue.data_of(self._number)
        try:
            with attempts.of_training(f"Trial {self.label}") as on_batch:
                self._fold = _trained(context, record, data, self._number, on_batch)
        except Crashed as crashed:
            warnings.warn(
                f"Leading networks are compared no further because trial {self.label} ended the "
                f"process twice ({crashed}).",
                stacklevel=2,
            )
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise

    @override
    def settle(self) -> tuple[Record, ...]:
        if self._fold is None:
            self._queue.stop()
        else:
            ledger, studies = self._queue.context.ledger, self._queue.studies
            known = studies.cross_validation().added(self._record.key, self._fold)
            ledger.cross_validation = known
            studies.keep_cross_validation(known)
            outlook, left = studies.outlook(), seconds_to_result(self._queue.context)
            if outlook is not None:
                studies.keep_outlook(outlook.after_stages(left))
        return ()

    @override
    def leave(self) -> None:
        self._lock.release()


def _has_ended_before(context: SearchContext) -> bool:
    """Return whether the search was complete, and has no trials since."""
    summary = intact_summary(context.folder)
    if summary is None or not summary["complete"]:
        return False
    n_trials = sum(stage["n_trials"] for stage in summary["stages"])
    return bool(n_trials == len(context.ledger.records))


def _trained(
    context: SearchContext,
    record: Record,
    data: PreparedData,
    number: int,
    on_batch: Callable[[], None],
) -> Fold | None:
    """Train a network outside of a fold; None if time is up."""
    start = time.perf_counter()
    limit, kept = context.limit, context.seconds_after_choice(record) + record.seconds
    result: FitResult = train_network(
        context.family,
        context.family.config_from_dict(record.config),
        data,
        TrainingConfig(**record.training),
        seed=training_seed(context.settings.seed, f"{record.key}/{number}"),
        on_batch=on_batch,
        is_late=lambda: limit.left < kept,
    )
    if result.is_cut:
        return None
    best_epoch = result.best.number if result.best else 0
    return Fold(result.error, best_epoch, time.perf_counter() - start)


def choose(context: SearchContext, studies: Studies, networks: Sequence[Record]) -> None:
    """Choose one of the leading networks by the folds that all have been trained on, if enough.

    The one with the lowest mean loss is chosen; where each training is on a single fold, only if
    the difference from the first is larger than its standard error. From then on, it is the best
    of the ledger.
    """
    if not networks:
        return
    ledger = context.ledger
    n_folds = min(len(ledger.cross_validation.of(record.key)) for record in networks)
    if n_folds < min(FEWEST_FOLDS, len(context.folds)):
        return
    ledger.cross_validation = replace(ledger.cross_validation, n_folds=n_folds)
    first, best = networks[0], min(networks, key=lambda record: _mean_loss(context, record))
    if not (context.data.folds or _is_clearly_better(context, best, first)):
        best = first
    ledger.cross_validation = replace(
        ledger.cross_validation,
        compared=tuple(record.key for record in networks),
        chosen=best.key,
    )
    studies.keep_cross_validation(ledger.cross_validation)


def _is_clearly_better(context: SearchContext, record: Record, first: Record) -> bool:
    """Return whether error and cost are lower by more than the standard error of this."""
    known, objective = context.ledger.cross_validation, context.objective
    of_record, of_first = (objective.normalizer.complexity(r.measured) for r in (record, first))
    saved = objective.wc * (of_first - of_record)
    pairs = zip(known.errors(record), known.errors(first), strict=True)
    gains = [before - after + saved for after, before in pairs]
    return statistics.fmean(gains) > statistics.stdev(gains) / math.sqrt(len(gains))


def _mean_loss(context: SearchContext, record: Record) -> float:
    """Return the loss with the mean error over the folds."""
    known, objective = context.ledger.cross_validation, context.objective
    n_val = None if objective.n_val is None else objective.n_val * (known.n_folds + 1)
    complexity = objective.normalizer.complexity(record.measured)
    return penalized_loss(known.mean_error(record), complexity, objective.wc, n_val=n_val)


def entry_of_result(context: SearchContext) -> dict[str, Any] | None:
    """Return the entry ``cross_validation`` of result.json; None if it has decided nothing."""
    ledger, best = context.ledger, context.ledger.best
    known = ledger.cross_validation
    if best is None or best.key != known.chosen:
        return None
    found = (ledger.find(key) for key in known.compared)
    networks = [record for record in found if record is not None]
    return {
        "n_folds": known.n_folds + 1,
        "is_changed": best.key != known.compared[0],
        "seconds": sum(fold.seconds for record in networks for fold in known.of(record.key)),
        "networks": [
            {
                "stage": record.stage,
                "trial_number": record.trial_number,
                "network": record.description,
                "loss": record.loss,
                "mean_loss": _mean_loss(context, record),
                "mean_error": known.mean_error(record),
                "standard_error": known.standard_error(record),
            }
            for record in networks
        ],
    }
