"""Staged search: from a data set to a small trained network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage
from typing_extensions import Unpack

from optuna_dnc._arguments import either, folder_name, functions
from optuna_dnc._disk_errors import disk_problem
from optuna_dnc._errors import InputError
from optuna_dnc.data import PreparedData
from optuna_dnc.data.devices import choose_device
from optuna_dnc.data.tables import DataOptions
from optuna_dnc.data.with_targets import load_data
from optuna_dnc.loggers import create_loggers
from optuna_dnc.nets import NetworkFamily, network_family
from optuna_dnc.objectives import CostNormalizer, cost_measure
from optuna_dnc.results.run_data import folds_of_run, prepared_data_of_run
from optuna_dnc.runs.folder import sealed_summary
from optuna_dnc.runs.limits import limits_of
from optuna_dnc.runs.options import SearchKeywords
from optuna_dnc.runs.run_storage import RunStorage, check_storage
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.signatures import with_settings
from optuna_dnc.runs.source import with_options, write_source
from optuna_dnc.runs.studies import Studies
from optuna_dnc.runs.trial_digests import check_trials
from optuna_dnc.samplers.registry import SamplerSource, sampler_factory
from optuna_dnc.search.context import Peers, SearchContext
from optuna_dnc.search.events import Listener, to_all
from optuna_dnc.search.finish import whole_result
from optuna_dnc.search.limits import Limits, first_networks
from optuna_dnc.search.objective import Objective
from optuna_dnc.search.pausing import Paused, PauseSwitch
from optuna_dnc.search.plan import Plan, cut_ranges, plan_of
from optuna_dnc.search.progress import Progress
from optuna_dnc.search.resolved import Request, resolved
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.search_run import SearchRun, TrialCallback, machine_errors_reported
from optuna_dnc.search.setup import first_baseline, judges, own_family
from optuna_dnc.search.stages import stages_of
from optuna_dnc.search.time_limit import TimeLimit
from optuna_dnc.search.time_plan import kept_time_plan
from optuna_dnc.training import threads_for
from optuna_dnc.training.scoring import n_compared

LEAST_LEFT = 1.0
"""Seconds that a paused search has left at least."""


class StagedSearch:
    """Deep-n-Cheap's search in three stages, each an Optuna study, or all in one.

    Minimizes ``log10(error + wc * complexity)`` over the core architecture with the learning rate
    (Bayesian optimization), the remaining architecture (a greedy sequence of grids) and the
    training hyperparameters (Bayesian optimization); Dey et al., ACML 2020, section 3. Unlike
    there, no configuration is trained twice, the validation set is a stratified shuffled split,
    all state is in an Optuna storage, and the best network is trained again on all samples and
    saved; ``preset="deep-n-cheap"`` has the published training and ranges. ``strategy="joint"``
    searches network and training together, after Zela et al. (arXiv 1807.06906).

    >>> result = StagedSearch("digits", network="mlp", wc=0.1).run()
    >>> result.best.test_accuracy
    >>> StagedSearch(x, y, max_params=5000, timeout=600).run()

    Run the same search again to resume it; a finished one without a time limit returns its result
    at once.

    Args:
        data: Anything that :func:`optuna_dnc.data.load_dataset` takes; or samples, with ``y``.
        y: Targets of the samples; None if ``data`` has them.
        network: Name of a registered family, such as ``mlp``; a
            :class:`optuna_dnc.nets.NetworkFamily`; a class or function that takes the ranges of
            ``space`` and returns one; or None to choose by the data.
        sampler: Name of a registered sampler, such as ``dnc``; an Optuna sampler for all stages; a
            sampler class, which gets the stage's seed; or a function that takes a
            :class:`optuna_dnc.samplers.SamplerRequest`.
        out: Folder of the run, for one search; None for ``runs/NAME_OF_THE_DATA``, with a number
            if that holds another search.
        storage: Optuna storage or its URL; None for ``study.db`` in the run's folder.
        data_root: Folder of torchvision's data sets, also for downloads.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``...
        timeout: Time limit in seconds, from the creation of this object to the end of :meth:`run`.
            Networks and trainings are planned to fit. A :class:`TimeLimit` has begun before.
        refit: Whether to train the best network again on all samples, validation samples
            included, before it is tested and saved. Skipped if there is no time.
        floors: Whether to compare the network with simple models in the end, see
            :class:`optuna_dnc.evaluation.Comparison`; None for yes but with the published recipe.
        progress: Whether to show the progress; None for terminals and notebooks alone.
        callbacks: Called with study and trial after each new trial, as by ``study.optimize``.
        log: Where trials are logged: ``mlflow``, ``tensorboard``, ``wandb``, or several.
        on_event: Called with each :data:`optuna_dnc.search.Event`.
        notes: Additional entries of result.json.
        **settings: Fields of :class:`optuna_dnc.runs.SearchSettings`.

    Raises:
        InputError: An argument is invalid. Nothing has been written.
    """

    @with_settings(SearchKeywords, SearchSettings, DataOptions)
    def __init__(
        self,
        data: Any,
        y: Any = None,
        *,
        network: str | NetworkFamily | Callable[..., NetworkFamily] | None = None,
        sampler: SamplerSource = "dnc",
        out: str | Path | None = None,
        storage: str | BaseStorage | None = None,
        data_root: str | Path | None = None,
        device: str = "auto",
        timeout: float | TimeLimit | None = None,
        refit: bool = True,
        floors: bool | None = None,
        progress: bool | None = None,
        callbacks: Sequence[TrialCallback] = (),
        log: str | Sequence[str] = (),
        on_event: Listener | None = None,
        notes: dict[str, Any] | None = None,
        **settings: Unpack[SearchKeywords],
    ) -> None:
        source, given = with_options(data, settings)
        space = given.get("space")
        family = own = own_family(network, space if isinstance(space, Mapping) else {})
        self.settings = SearchSettings(
            network=family.name if family else network, sampler=sampler, **given
        )
        self._may_shorten = "epochs" not in given
        cost_measure(self.settings.penalize)  # raises where it is unknown
        self.settings.training_ranges()  # raises where a range is wrong
        self._stages = stages_of(self.settings, sampler_factory(sampler))
        if self.settings.network is not None and family is None:
            family = network_family(self.settings.network, self.settings.space)
        self._limit = TimeLimit.of(timeout, given.get("preset"))
        self._refit = either("refit", refit)
        self._floors = judges(floors, self.settings, self._limit)
        self._device = choose_device(device)
        check_storage(storage)
        self._progress = None if progress is None else either("progress", progress)
        self._on_event = on_event
        self._notes = notes or {}
        self.dataset = load_data(
            source,
            y,
            task=self.settings.task,
            data_root=None if data_root is None else folder_name("data_root", data_root),
            max_train=self.settings.max_train,
            seed=self.settings.seed,
        )
        own_ranges = isinstance(network, str | None)
        request = Request(self.settings, given, family, own is not None, own_ranges, self.dataset)
        search = resolved(request, out)
        self.folder, self.settings, self.family = search.folder, search.settings, search.family
        self.identity, self.reason, self._other = search.identity, search.reason, search.other
        self._suggest = first_networks(self.settings, self.family)
        self._cost_limits = Limits(
            self.family,
            self.dataset.input_shape,
            self.dataset.n_outputs,
            limits_of(self.settings.model_dump()),
        )
        self._cost_limits.check_counted(self._suggest)
        loggers = create_loggers(log, self.folder.path, self.dataset.name)
        self._session = {
            "data_root": None if data_root is None else str(Path(data_root).resolve()),
            "timeout": self._limit.seconds if self._limit.is_set else None,
            "refit": self._refit,
            "floors": self._floors,
            "log": [log] if isinstance(log, str) else list(log),
            "notes": self._notes,
        }
        self._callbacks: tuple[TrialCallback, ...] = (*functions("callbacks", callbacks), *loggers)
        self._storage = RunStorage(self.folder, storage, [stage.key for stage in self._stages])

    def run(self) -> SearchResult:
        """Run or resume the search, and return its result.

        Raises:
            Paused: A pause is wanted, see :func:`optuna_dnc.runs.pause`.
        """
        with Progress(self._progress) as progress, self.begun(show=progress.on_event) as run:
            return run.complete()

    @contextmanager
    def begun(
        self, peers: Peers | None = None, show: Listener | None = None
    ) -> Iterator[SearchRun]:
        """Lock the folder and open the studies within the block.

        Args:
            peers: Running searches that share their trials with this one; None for none.
            show: Called with each event; None to show nothing.
        """
        peers, folder = peers or Peers(), self.folder
        folder.check_free()
        self._storage.check_same(self.identity)
        self.folder.check_room(self._largest_n_params())
        with machine_errors_reported(self.folder.path), self.folder.claimed(), self._threads():
            with self.folder.undone_if_refused():
                data = self._prepared() if peers.first is None else peers.first.data
                studies = self._storage.known(self.identity)
                # Before anything is written: the measurement may fail.
                baseline = self._baseline(studies, data, peers)
                if studies is None:
                    self._cost_limits.check_timed(self._suggest)
                folder.write_settings(self.identity)
                write_source(folder, self.dataset, self.identity["data"])
                studies = studies or self._storage.open(self.identity)
                run = SearchRun(
                    context=self._context(studies, data, baseline, peers),
                    studies=studies,
                    stages=self._stages,
                    dataset=self.dataset.name,
                    settings=self.settings,
                    emit=to_all(show, self._on_event),
                    notes=self._notes,
                    callbacks=self._callbacks,
                )
            try:
                run.start(self.reason, self._other)
                yield run
            except Paused:
                self._keep_time_left(studies)
                raise
            except Exception as error:
                if disk_problem(error) is not None:
                    self.folder.check_there()
                raise
            finally:
                self._storage.close(studies)

    def _keep_time_left(self, studies: Studies) -> None:
        """Store the time that was left, for :func:`optuna_dnc.search.search_of_run`."""
        if self._limit.is_set:
            left = max(self._limit.left, LEAST_LEFT)
            studies.keep_session(self._session | {"timeout": left})

    def _threads(self) -> AbstractContextManager[None]:
        return threads_for(
            self._largest_n_params(),
            self.settings.training().batch_size,
            convolutional=self.family.convolutional,
        )

    def plan(self) -> Plan:
        """Return what :meth:`run` would do, without writing anything.

        A few batches are trained to estimate how long it takes.
        """
        known = self.family, self._prepared(), self.settings, self._stages, self._limit
        with self._threads():
            return plan_of(
                *known,
                identity=self.identity,
                reason=self.reason,
                folder=self.folder.path,
                cut=cut_ranges(self._cost_limits.space(self._suggest)),
            )

    def is_complete(self) -> bool:
        """Return whether the folder holds the result of this search, with all stages ended."""
        self._storage.check_same(self.identity)
        try:
            return whole_result(self.folder, self.family).complete
        except InputError:
            return False

    def _largest_n_params(self) -> int:
        return self.family.most_params(self.dataset.input_shape, self.dataset.n_outputs)

    def _context(
        self, studies: Studies, data: PreparedData, baseline: float, peers: Peers
    ) -> SearchContext:
        check_trials(studies, sealed_summary(self.folder))
        studies.claim(self.identity, self.folder)
        studies.keep_baseline(baseline)
        studies.keep_constant_loss(data.constant_loss)
        studies.keep_shapes(data.input_shape, data.n_outputs)
        studies.keep_session(self._session)
        studies.keep_wanted("run")
        ledger = studies.ledger()
        plan = kept_time_plan(
            studies,
            self.family,
            data,
            self.settings,
            self._limit,
            is_new=not ledger.records,
            may_shorten=self._may_shorten,
        )
        settings, cost_limits = self.settings, self._cost_limits
        if plan is not None:
            settings = settings.model_copy(update={"epochs": plan.epochs})
            self._limit.least_reserved = plan.evaluation
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
            limit=self._limit,
            refit=self._refit,
            floors=self._floors,
            peers=peers,
            pause=PauseSwitch(studies),
            folds=folds_of_run(self.identity, self.family, self.dataset, self._device),
        )

    def _prepared(self) -> PreparedData:
        return prepared_data_of_run(self.identity, self.family, self.dataset, self._device)

    def _baseline(self, studies: Studies | None, data: PreparedData, peers: Peers) -> float:
        known = None if studies is None else studies.baseline()
        if known is None and peers.first is not None:
            known = peers.first.objective.normalizer.value
        return first_baseline(self.settings, self.family, data) if known is None else known
