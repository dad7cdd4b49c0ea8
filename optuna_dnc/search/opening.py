"""Opening of a search: lock its folder, prepare its data, and open its studies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from optuna_dnc._disk_errors import disk_problem
from optuna_dnc._errors import InputError
from optuna_dnc._locks import Locks
from optuna_dnc.data import Dataset, PreparedData
from optuna_dnc.loggers import TrialLogger
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import CostNormalizer
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.results.run_data import folds_of_run, prepared_data_of_run, repeats_of_run
from optuna_dnc.runs.folder import RunFolder, intact_summary
from optuna_dnc.runs.run_storage import RunStorage
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.source import write_source
from optuna_dnc.runs.studies import Studies
from optuna_dnc.runs.trial_digests import check_trials
from optuna_dnc.runs.workers import Workers
from optuna_dnc.samplers.dnc.sobol_start import sobol_point
from optuna_dnc.samplers.registry import SamplerSource
from optuna_dnc.search.context import Peers, SearchContext
from optuna_dnc.search.events import Event, Listener, to_all
from optuna_dnc.search.limits.cost_limits import Limits, Suggest
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.search.limits.time_plan import kept_time_plan
from optuna_dnc.search.objective import Objective
from optuna_dnc.search.pausing import PauseSwitch
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.search_run import SearchRun, machine_errors_reported
from optuna_dnc.search.setup import cost_scales, first_baseline
from optuna_dnc.search.stages.stage import Stage
from optuna_dnc.search.stages.stage_run import TrialCallback
from optuna_dnc.search.stages.worker import Worker
from optuna_dnc.training import threads_for
from optuna_dnc.training.scoring import n_compared


@dataclass(frozen=True, kw_only=True)
class SearchOpener:
    """Opens a search whose arguments have been checked."""

    folder: RunFolder
    storage: RunStorage
    settings: SearchSettings
    family: NetworkFamily
    identity: dict[str, Any]
    """Settings by which the folder belongs to the search."""
    dataset: Dataset
    stages: Sequence[Stage]
    device: torch.device
    given_device: str
    """The device as it was given, such as ``auto``."""
    sampler: SamplerSource
    limit: TimeLimit
    cost_limits: Limits
    suggest: Suggest
    """Suggests the first networks."""
    may_shorten: bool
    """Whether trainings may have fewer epochs than the settings, because of the time limit."""
    refit: bool
    floors: bool
    reason: str | None
    """Why the network family was chosen; None if the user named it."""
    other: str | None
    """Why the folder is not the usual one."""
    on_event: Listener | None
    callbacks: Sequence[TrialCallback]
    notes: dict[str, Any]

    @contextmanager
    def begun(
        self, peers: Peers, show: Listener | None, *, drives: bool = False
    ) -> Iterator[SearchRun]:
        """Start or resume the search; its folder is locked within the block.

        Args:
            peers: Running searches that share their trials with this one.
            show: Called with each event; None to show nothing.
            drives: Whether this process trains nothing, and shows what its workers do.
        """
        folder = self.folder
        folder.check_free()
        self.storage.check_same(self.identity)
        folder.check_room(self.largest_n_params())
        with machine_errors_reported(folder.path), folder.claimed(), self.threads():
            with folder.undone_if_refused():
                data = self.prepared() if peers.first is None else peers.first.data
                studies = self.storage.known(self.identity)
                # Before anything is written: the measurement may fail.
                baseline = self._baseline(studies, data, peers)
                if studies is None:
                    self.cost_limits.check_timed(self.suggest)
                folder.write_settings(self.identity)
                write_source(folder, self.dataset, self.identity["data"])
                studies = studies or self.storage.open(self.identity)
                check_trials(studies, intact_summary(folder))
                studies.claim(self.identity, folder)
                studies.keep_baseline(baseline)
                studies.keep_constant_loss(data.constant_loss)
                studies.keep_shapes(data.input_shape, data.n_outputs)
                context = self._context(studies, data, baseline, peers)
            emit = to_all(show, self.on_event)
            locks = studies.locks(folder.workers)
            before = intact_summary(folder)
            arguments = context, studies, locks, emit, self.callbacks
            with self._running(*arguments, drives=drives) as run:
                run.start(self.reason, self.other)
                yield run
            self._log_result(before)

    def _log_result(self, before: dict[str, Any] | None) -> None:
        """Log the result of the search, which any of its workers has written, if it is new.

        Args:
            before: Content of result.json when the search was started or resumed.
        """
        loggers = [callback for callback in self.callbacks if isinstance(callback, TrialLogger)]
        if loggers and intact_summary(self.folder) not in (None, before):
            result = SearchResult.load(self.folder.path, family=self.family)
            for logger in loggers:
                logger.end(result)

    @contextmanager
    def joined(self, peers: Peers) -> Iterator[SearchRun]:
        """Join a search that was started, in addition to its other workers.

        Args:
            peers: Joined searches that share their trials with this one.

        Raises:
            InputError: The folder holds no search that was started, or another one.
        """
        folder = self.folder
        self.storage.check_same(self.identity)
        with machine_errors_reported(folder.path), self.threads():
            studies = self.storage.known(self.identity) if self.storage.has_begun() else None
            baseline = None if studies is None else studies.baseline()
            if studies is None or baseline is None:
                raise InputError(
                    f"{folder.path} holds no search that was started; start it with optuna-dnc "
                    "search, with --workers 0 to train nothing there."
                )
            studies.check_reachable_here()
            folder.join()
            folder.workers.mkdir(exist_ok=True)
            locks = studies.locks(folder.workers)
            Workers(folder.workers, locks).check_reach()
            first = peers.first
            data = self.prepared() if first is None else first.data
            sobol_point(1, 1)  # imports SciPy's statistics, which takes a second, without the lock
            with Claims(locks).deciding():  # one worker alone plans the time
                context = self._context(studies, data, baseline, peers)
            context.cost_scales = (
                cost_scales(self.settings, self.family, data, baseline)
                if first is None
                else first.cost_scales
            )
            if (seconds := studies.time_left()) is not None:
                self.limit.end_within(seconds)
            with self._running(context, studies, locks, to_all(), ()) as run:
                yield run

    @contextmanager
    def _running(
        self,
        context: SearchContext,
        studies: Studies,
        locks: Locks,
        emit: Callable[[Event], None],
        callbacks: Sequence[TrialCallback],
        *,
        drives: bool = False,
    ) -> Iterator[SearchRun]:
        workers, threads = Workers(self.folder.workers, locks), torch.get_num_threads()
        self.folder.workers.mkdir(exist_ok=True)
        try:
            with workers.joined(str(self.device), threads, drives=drives) as member:
                if not drives:
                    with Claims(locks).deciding():
                        studies.note_worker(member.status)
                run = SearchRun(
                    worker=Worker(
                        context=context,
                        studies=studies,
                        claims=Claims(locks),
                        member=member,
                    ),
                    stages=self.stages,
                    dataset=self.dataset.name,
                    settings=self.settings,
                    emit=emit,
                    notes=self.notes,
                    callbacks=callbacks,
                )
                with closing(run):
                    yield run
        except Exception as error:
            if disk_problem(error) is not None:
                self.folder.check_there()
            raise
        finally:
            self.storage.close(studies)

    def _context(
        self, studies: Studies, data: PreparedData, baseline: float, peers: Peers
    ) -> SearchContext:
        ledger = studies.ledger()
        plan = kept_time_plan(
            studies,
            self.family,
            data,
            self.settings,
            self.limit,
            is_new=not ledger.records,
            may_shorten=self.may_shorten,
        )
        settings, cost_limits = self.settings, self.cost_limits
        if plan is not None:
            settings = settings.model_copy(update={"epochs": plan.epochs})
            self.limit.least_reserved = plan.evaluation
            cost_limits = cost_limits.within(plan.measure, plan.most)
        return SearchContext(
            family=self.family,
            data=data,
            settings=settings,
            objective=Objective(
                self.settings.wc,
                CostNormalizer(self.settings.penalize, baseline),
                n_compared(data),
            ),
            folder=self.folder,
            ledger=ledger,
            cost_limits=cost_limits if peers.first is None else peers.first.cost_limits,
            limit=self.limit,
            full_epochs=self.settings.epochs,
            refit=self.refit,
            floors=self.floors,
            pause=PauseSwitch(studies),
            peers=peers,
            folds=self._folds(data),
        )

    def _folds(self, data: PreparedData) -> Sequence[Callable[[], PreparedData]]:
        if data.folds:
            return repeats_of_run(self.identity, self.dataset, data)
        return folds_of_run(self.identity, self.family, self.dataset, self.device)

    def threads(self) -> AbstractContextManager[None]:
        """Return the block in which torch has as many threads as suit the networks."""
        return threads_for(
            self.largest_n_params(),
            self.settings.training().batch_size,
            convolutional=self.family.convolutional,
        )

    def prepared(self) -> PreparedData:
        """Prepare the data."""
        return prepared_data_of_run(self.identity, self.family, self.dataset, self.device)

    def largest_n_params(self) -> int:
        """Return the number of parameters of the largest network."""
        return self.family.most_params(self.dataset.input_shape, self.dataset.n_outputs)

    def _baseline(self, studies: Studies | None, data: PreparedData, peers: Peers) -> float:
        known = None if studies is None else studies.baseline()
        if known is None and peers.first is not None:
            known = peers.first.objective.normalizer.value
        return first_baseline(self.settings, self.family, data) if known is None else known
