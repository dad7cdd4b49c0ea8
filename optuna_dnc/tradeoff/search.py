"""Trade-off: searches of one data set at several weights of the cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

from typing_extensions import Unpack

from optuna_dnc._arguments import folder_name
from optuna_dnc._errors import InputError
from optuna_dnc._names import folder_named
from optuna_dnc.data import load_dataset
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.runs.identity import check_same_search
from optuna_dnc.runs.options import RunOptions, TradeoffKeywords
from optuna_dnc.runs.recipe import settings_as_begun
from optuna_dnc.runs.run import open_run
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.source import with_options
from optuna_dnc.search.context import StageTimeIsUp, TimeIsUp
from optuna_dnc.search.events import Event
from optuna_dnc.search.search_run import SearchRun
from optuna_dnc.search.staged_search import StagedSearch
from optuna_dnc.search.time_limit import TimeLimit
from optuna_dnc.tradeoff.folder import TradeoffFolder, checked_weights
from optuna_dnc.tradeoff.pool import (
    SHARE_AFTER_LEARNING,
    Pool,
    learn_from_others,
    take_over_best,
)
from optuna_dnc.tradeoff.result import Tradeoff

DEFAULT_WC = (0.0, 0.01, 0.1, 1.0, 10.0)
"""Default weights of the cost, as in Deep-n-Cheap's figures."""


class TradeoffOptions(TradeoffKeywords, RunOptions, total=False):
    """Keyword arguments of :func:`tradeoff`."""

    pruner: Literal["none", "median"]
    network: str | NetworkFamily | None
    timeout: float | TimeLimit | None
    refit: bool
    floors: bool
    on_event: Callable[[float, Event], None] | None


def tradeoff(
    data: Any, wc: Iterable[float] = DEFAULT_WC, **options: Unpack[TradeoffOptions]
) -> Tradeoff:
    """Search ``data`` at several ``wc``; see :class:`TradeoffSearch` for the arguments."""
    return TradeoffSearch(data, wc=wc, **options).run()


class TradeoffSearch:
    """Searches of one data set that differ in ``wc`` alone and share their trials.

    Error and cost of a configuration do not depend on ``wc``: what one search has trained, the
    others reuse. The searches go through the stages side by side, the largest ``wc`` first. That
    search has as many trials as one that is run alone. Each other one takes over the trials of a
    stage of those before it, with their losses at its own ``wc``, and adds a quarter as many of
    its own. In stage 3, if its network is another one, it adds half as many; the first third of
    them are the best trainings of the network of the next larger ``wc``. After each stage, every
    search takes over the ten best of all at its ``wc``, and continues from them.

    >>> result = TradeoffSearch("digits", wc=(0, 0.1, 1)).run()
    >>> {wc: search.best.test_accuracy for wc, search in result.results.items()}

    Run it again to resume. With additional values of ``wc``, a finished trade-off is extended;
    its searches stay as they are. ``out`` has one folder per search, as if it had been run alone.

    Args:
        data: Anything that :func:`optuna_dnc.data.load_dataset` takes.
        wc: Weights of the cost, each at least 0.
        pruner: ``none`` or ``median``.
        out: Folder of the trade-off; None for ``runs/NAME_OF_THE_DATA-tradeoff``.
        network, data_root, device, timeout, refit, floors: See
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
        default = Path("runs") / folder_named(f"{dataset.name}-tradeoff")
        self.folder = TradeoffFolder(folder_name("out", out or default))
        if self.folder.summary.exists():  # new searches share the trials of those that are there
            shared |= settings_as_begun(self.folder.read().get("settings") or {}, settings)
        self.searches = {
            weight: StagedSearch(
                dataset,
                network=network,
                wc=weight,
                out=self.folder.run(weight),
                device=device,
                timeout=limit,
                refit=refit,
                floors=floors,
                on_event=None if on_event is None else partial(on_event, weight),
                **shared,
            )
            for weight in weights
        }

    def run(self) -> Tradeoff:
        """Run or resume all searches, and return the best network of each ``wc``."""
        self.folder.check_free()
        self._check_folder_is_ours()
        # The largest wc first: its small networks serve the other searches, too, so that this
        # search trains all its trials itself.
        searches = list(self.searches.values())[::-1]
        finished = sorted(filter(StagedSearch.is_complete, searches), key=_start_time)
        others = [search for search in searches if search not in finished]
        if others:
            self.folder.write(self._identity | {"complete": False})
            self._search(finished, others)
        return self._result()

    @property
    def _identity(self) -> dict[str, Any]:
        """Settings by which the folder belongs to this trade-off, and the values of wc."""
        identity = next(iter(self.searches.values())).identity
        return {
            "wc": list(self.searches),
            "settings": identity | {"wc": None},
        }

    def _check_folder_is_ours(self) -> None:
        if not self.folder.summary.exists() or not self.folder.search_folders():
            return  # no search has begun: nothing can be lost
        stored, requested, path = self.folder.read(), self._identity, self.folder.path
        if not isinstance(stored.get("settings"), dict):
            raise InputError(
                f"out: {path} holds searches that were run one by one; choose a new folder."
            )
        check_same_search(stored["settings"], requested["settings"], str(path))
        missing = [f"{wc:g}" for wc in stored["wc"] if wc not in self.searches]
        if missing:
            raise InputError(
                f"wc: {path} holds a trade-off with wc {', '.join(missing)}, too; repeat all its "
                "values, also with new ones, or choose another folder with out=."
            )
        if not stored["complete"] and len(stored["wc"]) < len(self.searches):
            known = " ".join(f"{wc:g}" for wc in stored["wc"])
            raise InputError(
                f"wc: {path} holds a trade-off that has not ended; resume it with wc {known} "
                "before you add more."
            )

    def _search(self, finished: Sequence[StagedSearch], others: Sequence[StagedSearch]) -> None:
        pool = Pool()
        with ExitStack() as stack:
            runs = [stack.enter_context(search.begun(pool)) for search in (*finished, *others)]
            open_runs = runs[len(finished) :]
            try:
                complete = _run_side_by_side(open_runs, runs, pool)
            except TimeIsUp:
                complete = False
            for run in open_runs:
                if run.context.ledger.records:
                    run.end(complete=complete)

    def _result(self) -> Tradeoff:
        family = next(iter(self.searches.values())).family
        result = Tradeoff.load(self.folder.path, family=family)
        result.save()
        return result


def _start_time(search: StagedSearch) -> datetime:
    """Return when its first trial started: a search learns from those that began before."""
    studies = open_run(search.folder.path, to_read=True).study_of.values()
    trials = [trial for study in studies for trial in study.get_trials(deepcopy=False)]
    return min(trial.datetime_start for trial in trials if trial.datetime_start is not None)


def _run_side_by_side(
    open_runs: Sequence[SearchRun], runs: Sequence[SearchRun], pool: Pool
) -> bool:
    """Run stage after stage, each for one search after the other.

    With a time limit, each gets a share of the time that is left, by its number of trials.

    Returns:
        Whether all stages have had their trials.

    Raises:
        TimeIsUp: No further training would end before the deadline.
    """
    stages, complete = runs[0].stages, True
    weights = [1 if run is runs[0] else 1 / SHARE_AFTER_LEARNING for run in open_runs]
    left = sum(stage.time_share for stage in stages) * sum(weights)
    for stage in stages:
        for run, weight in zip(open_runs, weights, strict=True):
            part = stage.time_share * weight
            run.context.limit.begin_part(part / left)
            left -= part
            learn_from_others(run, runs, stage)
            try:
                run.run_stage(stage)
            except StageTimeIsUp:
                complete = complete and stage.has_enough(run.context)
        for run in open_runs:
            take_over_best(run, runs, stage, pool)
    return complete
