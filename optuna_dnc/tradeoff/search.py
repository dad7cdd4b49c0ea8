"""Trade-off: searches of one data set at several weights of the cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from typing_extensions import Unpack

from optuna_dnc._arguments import folder_name
from optuna_dnc._errors import InputError
from optuna_dnc._names import folder_named
from optuna_dnc.data import load_dataset
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.runs.options import SearchRunOptions, TradeoffKeywords
from optuna_dnc.runs.recipe import settings_as_begun
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.source import with_options
from optuna_dnc.search.events import Event
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.search.resolved import DefaultFolder
from optuna_dnc.search.search_run import SearchRun
from optuna_dnc.search.staged_search import StagedSearch
from optuna_dnc.tradeoff.folder import TradeoffFolder, checked_weights
from optuna_dnc.tradeoff.pool import Pool
from optuna_dnc.tradeoff.result import Tradeoff
from optuna_dnc.tradeoff.running_with import run_with
from optuna_dnc.tradeoff.status import start_time
from optuna_dnc.tradeoff.tradeoff_run import TradeoffRun
from optuna_dnc.workers.drivers import NoDisplay, WorkersDisplay
from optuna_dnc.workers.engines import Engine

DEFAULT_WC = (0.0, 0.01, 0.1, 1.0, 10.0)
"""Default weights of the cost, as in Deep-n-Cheap's figures."""


class TradeoffOptions(TradeoffKeywords, SearchRunOptions, total=False):
    """Keyword arguments of :func:`tradeoff`."""

    pruner: Literal["none", "median"]
    network: str | NetworkFamily | None
    timeout: float | TimeLimit | None
    refit: bool
    floors: bool
    on_event: Callable[[float, Event], None] | None


def tradeoff(
    data: Any,
    wc: Iterable[float] = DEFAULT_WC,
    *,
    executor: Engine | None = None,
    workers: int = 1,
    workers_per_gpu: int = 1,
    **options: Unpack[TradeoffOptions],
) -> Tradeoff:
    """Search ``data`` at several ``wc``; see :class:`TradeoffSearch` for the arguments.

    ``executor``, ``workers`` and ``workers_per_gpu`` are those of :meth:`TradeoffSearch.run`.
    """
    search = TradeoffSearch(data, wc=wc, **options)
    return search.run(executor, workers, workers_per_gpu=workers_per_gpu)


class TradeoffSearch:
    """Searches of one data set that differ in ``wc`` alone and share their trials.

    The error and the cost of a configuration do not depend on ``wc``, so the searches reuse each
    other's training runs. They run each stage in turn, starting with the largest ``wc``. The first
    search has as many trials as a separate search. Each other search imports the trials of the
    searches before it in the same stage, with their losses at its own ``wc``, and runs a quarter
    as many trials itself. In stage 3, if its network is a different one, it runs half as many; the
    first third of them use the best training hyperparameters for the network of the next larger
    ``wc``. After each stage, every search imports the ten trials of all searches that are best at
    its ``wc``, and continues from them.

    >>> result = TradeoffSearch("digits", wc=(0, 0.1, 1)).run()
    >>> {wc: search.best.test_accuracy for wc, search in result.results.items()}

    Run it again to resume. With additional values of ``wc``, a finished trade-off is extended;
    existing searches do not change. ``out`` has one folder per search, like a separate search.

    Args:
        data: Anything that :func:`optuna_dnc.data.load_dataset` takes.
        wc: Weights of the cost, each at least 0.
        pruner: ``none`` or ``median``.
        out: Folder of the trade-off; None for ``runs/NAME_OF_THE_DATA-tradeoff``, with a
            number appended if that contains another one.
        network, data_root, device, timeout, refit, floors, log: See
            :class:`optuna_dnc.search.StagedSearch`; the time limit is for all searches together.
        on_event: Called with ``wc`` and each :data:`optuna_dnc.search.Event`.
        **settings: Fields of :class:`optuna_dnc.runs.SearchSettings`.

    Raises:
        InputError: An argument is invalid. Nothing has been written.
    """

    def __init__(
        self,
        data: Any,
        *,
        wc: Iterable[float] = DEFAULT_WC,
        pruner: Literal["none", "median"] = "none",
        out: str | Path | None = None,
        network: str | NetworkFamily | Callable[..., NetworkFamily] | None = None,
        data_root: str | Path | None = None,
        device: str = "auto",
        timeout: float | TimeLimit | None = None,
        refit: bool = True,
        floors: bool = False,
        log: str | Sequence[str] = (),
        on_event: Callable[[float, Event], None] | None = None,
        **settings: Unpack[TradeoffKeywords],
    ) -> None:
        weights = checked_weights(wc)
        limit = TimeLimit.of(timeout, settings.get("preset"))
        source, own = with_options(data, settings)
        shared: dict[str, Any] = {**own, "pruner": pruner, "shares_trials": True}
        if shared["pruner"] == "hyperband":  # by a call that was not type-checked
            raise InputError(
                "pruner must be 'none' or 'median', got 'hyperband': it stops networks by their "
                "loss at one wc, so that searches could not share them; change it."
            )
        checked = SearchSettings(**shared)
        dataset = load_dataset(
            source,
            task=checked.task,
            data_root=data_root,
            max_train=checked.max_train,
            seed=checked.seed,
        )

        def searches(folder: TradeoffFolder) -> dict[float, StagedSearch]:
            own = dict(shared)
            if folder.summary.exists():  # new searches share the trials of those that are there
                own |= settings_as_begun(folder.read().get("settings") or {}, settings)

            def one(weight: float, network: Any) -> StagedSearch:
                return StagedSearch(
                    dataset,
                    network=network,
                    wc=weight,
                    out=folder.run(weight),
                    device=device,
                    timeout=limit,
                    refit=refit,
                    floors=floors,
                    log=log,
                    on_event=None if on_event is None else partial(on_event, weight),
                    **own,
                )

            first = one(weights[0], network)
            named = first.family.name if network is None else network  # the same for all
            return {weights[0]: first, **{weight: one(weight, named) for weight in weights[1:]}}

        default = DefaultFolder(folder_named(f"{dataset.name}-tradeoff"))
        other: str | None = None
        for path in default.paths() if out is None else [Path(folder_name("out", out))]:
            self.folder = TradeoffFolder(path)
            self.searches = searches(self.folder)
            reason = None if out is not None else self._why_not()
            if reason is None:
                break
            other = other or reason
        for search in self.searches.values():
            search.opener = replace(search.opener, other=other)

    def run(
        self,
        executor: Engine | None = None,
        workers: int = 1,
        *,
        workers_per_gpu: int = 1,
        display: WorkersDisplay | None = None,
    ) -> Tradeoff:
        """Run or resume all searches, and return the best network of each ``wc``.

        Args:
            executor: See :meth:`optuna_dnc.search.StagedSearch.run`.
            workers: Number of networks to train at a time; 1 without an executor trains in this
                process. They belong to one search at a time, because the others learn from it.
            workers_per_gpu: Maximum number of local processes that share a GPU and its memory.
            display: Shows when workers start, and what happens at Ctrl-C; None for nothing.
        """
        finished, others = self._to_begin()
        if not others:
            result = self._result()
            result.save()
            return result
        if executor is None and workers == 1:
            with self._begun(finished, others) as run:
                return run.complete()
        begun = partial(self._begun, finished, others, drives=True)
        shown = display or NoDisplay()
        run_with(self.folder, others[0].opener, begun, executor, workers, workers_per_gpu, shown)
        return self._result()

    def prepare(self) -> None:
        """Begin all searches and train nothing, for workers that are started by hand."""
        finished, others = self._to_begin()
        with self._begun(finished, others):
            pass

    @contextmanager
    def joined(self) -> Iterator[TradeoffRun]:
        """Join the searches, which were started before, as another worker within the block.

        Its :meth:`TradeoffRun.work_once` trains one network.
        """
        finished, others = self._in_order()
        with self._opened(finished, others, StagedSearch.joined) as run:
            yield run

    def _to_begin(self) -> tuple[list[StagedSearch], list[StagedSearch]]:
        """Check the folder; return the searches that have ended, and those that are to be run."""
        self.folder.check_free()
        self._check_folder_is_ours()
        finished, others = self._in_order()
        if others:
            self.folder.write(self._identity | {"complete": False})
        return finished, others

    def _in_order(self) -> tuple[list[StagedSearch], list[StagedSearch]]:
        # The largest wc first: its small networks serve the other searches, too, so that this
        # search trains all its trials itself.
        searches = list(self.searches.values())[::-1]
        finished = sorted(
            filter(StagedSearch.is_complete, searches),
            key=lambda search: start_time(search.folder.path),
        )
        return finished, [search for search in searches if search not in finished]

    @contextmanager
    def _begun(
        self,
        finished: Sequence[StagedSearch],
        others: Sequence[StagedSearch],
        *,
        drives: bool = False,
    ) -> Iterator[TradeoffRun]:
        """Begin the searches within the block, also if they were paused."""
        begun = partial(StagedSearch.begun, drives=drives)
        with self._opened(finished, others, begun) as run:
            for each, search in zip(run.runs, (*finished, *others), strict=True):
                each.studies.keep_running(search.session)
            yield run

    @contextmanager
    def _opened(
        self,
        finished: Sequence[StagedSearch],
        others: Sequence[StagedSearch],
        open_: Callable[[StagedSearch, Pool], AbstractContextManager[SearchRun]],
    ) -> Iterator[TradeoffRun]:
        pool = Pool()
        with ExitStack() as stack:
            runs = [stack.enter_context(open_(search, pool)) for search in (*finished, *others)]
            run = TradeoffRun(runs[len(finished) :], runs, pool, self._result)
            yield stack.enter_context(closing(run))

    @property
    def _identity(self) -> dict[str, Any]:
        """Settings by which the folder belongs to this trade-off, and the values of wc."""
        identity = next(iter(self.searches.values())).identity
        return {"wc": list(self.searches), "settings": identity | {"wc": None}}

    def _why_not(self) -> str | None:
        """Return why the trade-off cannot have its folder; None if it can."""
        try:
            self.folder.check_free()
            self.folder.read_same(self._identity["settings"])
        except InputError:
            return f"{self.folder.path} holds something else"
        return None

    def _check_folder_is_ours(self) -> None:
        stored, path = self.folder.read_same(self._identity["settings"]), self.folder.path
        if stored is None:
            return
        missing = [f"{wc:g}" for wc in stored["wc"] if wc not in self.searches]
        if missing:
            raise InputError(
                f"wc: {path} holds a trade-off with wc {', '.join(missing)}, too; repeat all its "
                "values, with or without new ones, or choose another folder with out=."
            )
        if not stored["complete"] and len(stored["wc"]) < len(self.searches):
            known = " ".join(f"{wc:g}" for wc in stored["wc"])
            raise InputError(
                f"wc: {path} holds a trade-off that has not ended; resume it with wc {known} "
                "before you add more."
            )

    def _result(self) -> Tradeoff:
        family = next(iter(self.searches.values())).family
        return Tradeoff.load(self.folder.path, family=family)
