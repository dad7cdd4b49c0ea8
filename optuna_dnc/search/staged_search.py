"""Staged search: from a data set to a small trained network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage
from typing_extensions import Unpack

from optuna_dnc._arguments import either, folder_name, functions, whole, words
from optuna_dnc._errors import InputError
from optuna_dnc._limits import LEAST_SECONDS_LEFT, MOST_WORKERS
from optuna_dnc.data.devices import choose_device
from optuna_dnc.data.load import load_data
from optuna_dnc.data.tables import DataOptions
from optuna_dnc.loggers import create_loggers
from optuna_dnc.nets import NetworkFamily, network_family
from optuna_dnc.objectives import cost_measure
from optuna_dnc.runs.limits import limits_of
from optuna_dnc.runs.options import SearchKeywords, with_settings
from optuna_dnc.runs.run_storage import RunStorage, check_storage
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.source import with_options
from optuna_dnc.runs.studies import Studies
from optuna_dnc.samplers.registry import SamplerSource, sampler_factory
from optuna_dnc.search.context import Peers
from optuna_dnc.search.ending.finish import whole_result
from optuna_dnc.search.events import Listener
from optuna_dnc.search.limits.cost_limits import Limits, first_networks
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.search.opening import SearchOpener
from optuna_dnc.search.pausing import Paused
from optuna_dnc.search.plan import Plan, cut_ranges, plan_of
from optuna_dnc.search.progress.display import Progress
from optuna_dnc.search.resolved import DefaultFolder, Request, resolved
from optuna_dnc.search.running_with import run_with
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.search_run import SearchRun
from optuna_dnc.search.setup import judges, own_family
from optuna_dnc.search.stages.pilot import stages_of
from optuna_dnc.search.stages.stage_run import TrialCallback
from optuna_dnc.workers.engines import Engine


class StagedSearch:
    """Deep-n-Cheap's search in three stages, each an Optuna study, or all in one.

    Minimizes ``log10(error + wc * cost)`` over the core architecture with the learning rate
    (Bayesian optimization), the remaining architecture (a greedy sequence of grids) and the
    training hyperparameters (Bayesian optimization); Dey et al., ACML 2020, section 3. Unlike in
    the paper, no configuration is trained twice, the validation set is a stratified random split,
    all state is in an Optuna storage, and the best network is trained again on all samples and
    saved; ``preset="deep-n-cheap"`` has the published training and ranges. ``strategy="joint"``
    searches network and training together, following Zela et al. (arXiv 1807.06906).

    >>> result = StagedSearch("digits", network="mlp", wc=0.1).run()
    >>> result.best.test_accuracy
    >>> StagedSearch(x, y, max_params=5000, timeout=600).run()

    Run the same search again to resume it. A finished search without a time limit returns its
    result immediately.

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
            appended if that contains another search.
        storage: Optuna storage or its URL; None for ``study.db`` in the run's folder.
        data_root: Folder of torchvision's data sets, also for downloads.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``...
        timeout: Time limit in seconds, from the creation of this object to the end of :meth:`run`.
            Networks and training runs are planned to fit. The time of a :class:`TimeLimit`
            started earlier.
        refit: Whether to train the best network again on all samples, validation samples
            included, before it is tested and saved. Skipped if there is no time.
        floors: Whether to compare the network with simple models at the end, see
            :class:`optuna_dnc.evaluation.Comparison`; None for yes, but not with the
            published recipe.
        progress: Whether to show the progress; None for terminals and notebooks only.
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
        out: str | Path | DefaultFolder | None = None,
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
        cost_measure(self.settings.penalize)  # raises where it is unknown
        self.settings.training_ranges()  # raises where a range is wrong
        stages = stages_of(self.settings, sampler_factory(sampler))
        if self.settings.network is not None and family is None:
            family = network_family(self.settings.network, self.settings.space)
        limit = TimeLimit.of(timeout, given.get("preset"))
        refit = either("refit", refit)
        judged = judges(floors, self.settings, limit)
        chosen_device = choose_device(device)
        check_storage(storage)
        self._progress = None if progress is None else either("progress", progress)
        self.dataset = load_data(
            source,
            y,
            task=self.settings.task,
            data_root=None if data_root is None else folder_name("data_root", data_root),
            max_train=self.settings.max_train,
            seed=self.settings.seed,
        )
        own_ranges = isinstance(network, str | None)
        beside = own is not None, own_ranges, self.dataset, limit, chosen_device
        request = Request(self.settings, given, family, *beside)
        search = resolved(request, out)
        self.folder, self.settings, self.family = search.folder, search.settings, search.family
        self.identity, self.reason = search.identity, search.reason
        suggest = first_networks(self.settings, self.family)
        cost_limits = Limits(
            self.family,
            self.dataset.input_shape,
            self.dataset.n_outputs,
            limits_of(self.settings.model_dump()),
        )
        cost_limits.check_counted(suggest)
        loggers = create_loggers(log, self.folder.path, self.dataset.name)
        self.session = {
            "data_root": None if data_root is None else str(Path(data_root).resolve()),
            "timeout": limit.seconds if limit.is_set else None,
            "refit": refit,
            "floors": judged,
            "log": [*words("log", log)],
            "notes": notes or {},
        }
        """How the search is run, beside its settings: what ``search_of_run`` finds again."""
        self.opener = SearchOpener(
            folder=self.folder,
            storage=RunStorage(self.folder, storage, [stage.key for stage in stages]),
            settings=self.settings,
            family=self.family,
            identity=self.identity,
            dataset=self.dataset,
            stages=stages,
            device=chosen_device,
            given_device=device,
            sampler=sampler,
            limit=limit,
            cost_limits=cost_limits,
            suggest=suggest,
            may_shorten="epochs" not in given,
            refit=refit,
            floors=judged,
            reason=self.reason,
            other=search.other,
            on_event=on_event,
            callbacks=(*functions("callbacks", callbacks), *loggers),
            notes=notes or {},
        )

    def run(
        self,
        executor: Engine | None = None,
        workers: int = 1,
        *,
        workers_per_gpu: int = 1,
    ) -> SearchResult:
        """Run or resume the search, and return its result.

        Args:
            executor: Any ``concurrent.futures.Executor``, whose workers share the folder of the
                run; a function that creates one, to be called again when it has broken; or the
                address of the scheduler of a Dask cluster, such as ``tcp://login1:8786``. None
                for processes on this machine, each with its own GPU if there are GPUs.
            workers: Number of networks to train at a time; 1 without an executor trains in this
                process.
            workers_per_gpu: Maximum number of local processes that share a GPU and its memory.

        Raises:
            Paused: A pause was requested, see :func:`optuna_dnc.runs.pause`.
        """
        workers = whole("workers", workers, least=1, most=MOST_WORKERS)
        if (executor is not None or workers != 1) and not self._is_over():
            begun = partial(self._going_on, drives=True)
            how: dict[str, Any] = {"workers_per_gpu": workers_per_gpu, "progress": self._progress}
            return run_with(self.opener, begun, executor, workers, **how)
        with Progress(self._progress) as progress, self._going_on(progress.on_event) as run:
            return run.complete()

    def _is_over(self) -> bool:
        """Return whether there is nothing to train, for which workers would have to start."""
        return not self.opener.limit.is_set and self.is_complete()

    def prepare(self) -> None:
        """Begin the search and train nothing, for workers that are started by hand."""
        with self._going_on(None):
            pass

    @contextmanager
    def _going_on(self, show: Listener | None, *, drives: bool = False) -> Iterator[SearchRun]:
        """Begin the search in its folder, from where it is resumed as it is run now."""
        with self.opener.begun(Peers(), show, drives=drives) as run:
            run.studies.keep_running(self.session)
            try:
                yield run
            except Paused:
                self._keep_time_left(run.studies)
                raise

    def begun(
        self,
        peers: Peers | None = None,
        show: Listener | None = None,
        *,
        drives: bool = False,
    ) -> AbstractContextManager[SearchRun]:
        """Lock the folder and open the studies within the block.

        Args:
            peers: Running searches that share their trials with this one; None for none.
            show: Called with each event; None to show nothing.
            drives: Whether this process trains nothing, and shows what its workers do.
        """
        return self.opener.begun(peers or Peers(), show, drives=drives)

    def joined(self, peers: Peers | None = None) -> AbstractContextManager[SearchRun]:
        """Join the search, which was started before, as another worker within the block.

        Its :meth:`SearchRun.work_once` trains one network.

        Args:
            peers: Joined searches that share their trials with this one; None for none.
        """
        return self.opener.joined(peers or Peers())

    def _keep_time_left(self, studies: Studies) -> None:
        """Store the time that was left, for :func:`optuna_dnc.search.search_of_run`."""
        limit = self.opener.limit
        if limit.is_set:
            studies.keep_session(self.session | {"timeout": max(limit.left, LEAST_SECONDS_LEFT)})

    def plan(self) -> Plan:
        """Return what :meth:`run` would do, without writing anything.

        A few batches are trained to estimate how long it takes.
        """
        opener = self.opener
        known = self.family, opener.prepared(), self.settings, opener.stages, opener.limit
        with opener.threads():
            return plan_of(
                *known,
                identity=self.identity,
                reason=self.reason,
                folder=self.folder.path,
                cut=cut_ranges(opener.cost_limits.space(opener.suggest)),
            )

    def is_complete(self) -> bool:
        """Return whether the folder holds the result of this search, with all stages ended."""
        self.opener.storage.check_same(self.identity)
        try:
            return whole_result(self.folder, self.family).complete
        except InputError:
            return False
