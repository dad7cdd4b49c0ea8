"""Status of a search in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from optuna_dnc._formats import count, duration, named_quality
from optuna_dnc.evaluation import Comparison
from optuna_dnc.objectives import costs_in_short
from optuna_dnc.report.formats import tested
from optuna_dnc.runs import SearchStatus
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.limits import named_limits
from optuna_dnc.runs.status import StageStatus
from optuna_dnc.runs.workers import WorkerStatus
from optuna_dnc.runs.workers_text import worker_lines
from optuna_dnc.tradeoff.status import TradeoffStatus

MOST_WORKERS = 100
"""Largest number of workers that have a line each."""


def status_lines(status: SearchStatus | TradeoffStatus) -> Iterator[str]:
    """Yield the lines of a status: settings, stages, time left, the best network or networks."""
    if isinstance(status, TradeoffStatus):
        yield from _tradeoff_lines(status)
    else:
        yield from _search_lines(status)


def _search_lines(status: SearchStatus) -> Iterator[str]:
    settings = status.settings
    yield f"{status.path}: {status.state}; {_searched(settings)}, {_objective(settings)}"
    yield from _stage_lines(status)
    yield from _work_lines(status)
    if best := _best(status):
        yield best
        yield from (f"  {sentence}" for sentence in status.diagnosis)
    if saved := _saved(status):
        yield saved
    if status.n_test_evaluations > 1:
        yield f"{status.n_test_evaluations} networks were evaluated on the test set."
    comparison = Comparison.of({"evaluation": status.evaluation})
    if comparison is not None:
        yield from (f"  {sentence}" for sentence in comparison.lines(settings["wc"]))


def _tradeoff_lines(status: TradeoffStatus) -> Iterator[str]:
    searched = f"; {_searched(status.searches[0].settings)}" if status.searches else ""
    ended = f"{status.n_ended}/{status.n_searches} searches complete"
    yield f"{status.path}: {status.state}; {ended}{searched}"
    for search in status.searches:
        yield f"{search.path.name}: {search.state}; {_objective(search.settings)}"
        yield from _stage_lines(search)
        if found := _saved(search) or _best(search):
            yield f"  {found}"
    yield from (f"{name}: new" for name in status.not_begun)
    yield from _work_lines(status)


def _searched(settings: Mapping[str, Any]) -> str:
    return f"{settings['network']} on {settings['dataset']}"


def _objective(settings: Mapping[str, Any]) -> str:
    limits = "".join(f", {name} {limit:g}" for name, limit in named_limits(settings).items())
    return f"wc {settings['wc']:g} on {settings['penalize']}{limits}"


def _stage_lines(status: SearchStatus) -> Iterator[str]:
    return (f"  {_stage(stage, is_complete=status.has_ended)}" for stage in status.stages)


def _work_lines(status: SearchStatus | TradeoffStatus) -> Iterator[str]:
    """Yield who works on it, and how long."""
    if status.workers:
        trainers = [worker for worker in status.workers if not worker.drives]
        yield f"{count(len(trainers), 'worker')}{_shown_by(status.workers)}:"
        yield from (f"  {line}" for line in worker_lines(trainers, most=MOST_WORKERS))
    elif status.state == "new":
        yield f"No worker has begun; start one with {RunFolder(status.path).joining_command}"
    if status.seconds_left is not None:
        yield f"Time left: about {duration(status.seconds_left)}"


def _best(status: SearchStatus) -> str | None:
    best = status.best
    if best is None or not best.measured.is_usable:
        return None
    quality, costs = named_quality(best.measured.score), costs_in_short(best.measured.costs)
    return f"Best so far: {best.description}; {quality}, {costs}"


def _saved(status: SearchStatus) -> str | None:
    saved = status.saved
    if saved is None:
        return None
    chosen = " (chosen by hand)" if status.state == "chosen" else ""
    test, costs = tested(saved.quality.test), costs_in_short(saved.costs)
    return f"Saved network{chosen}: {test}, {costs}: {saved.description}"


def _shown_by(workers: Iterable[WorkerStatus]) -> str:
    """Return where the processes run that train nothing, and show what the workers do."""
    drivers = [f"process {worker.pid} of {worker.host}" for worker in workers if worker.drives]
    return f"; progress shown by {' and '.join(drivers)}" if drivers else ""


def _stage(stage: StageStatus, *, is_complete: bool) -> str:
    trials = count(stage.n_trials, "trial")
    if stage.n_expected is not None and not is_complete:
        trials = f"{stage.n_trials:,}/{max(stage.n_expected, stage.n_trials):,} trials"
    best = "" if stage.best_loss is None else f", best loss {stage.best_loss:.3f}"
    stopped = f", {stage.n_pruned} of them stopped early" if stage.n_pruned else ""
    waiting = f", {stage.n_waiting} waiting for promotion" if stage.n_waiting else ""
    crashed = f", {stage.n_crashed} more crashed" if stage.n_crashed else ""
    rejected = f", {stage.n_rejected} more beyond a limit" if stage.n_rejected else ""
    epochs = count(stage.epochs, "epoch")
    return f"{stage.name}: {trials}{stopped}{waiting}{crashed}{rejected}, {epochs}{best}"


def status_as_dict(status: SearchStatus | TradeoffStatus) -> dict[str, Any]:
    """Return a status as JSON."""
    common = {
        "path": str(status.path),
        "state": status.state,
        "seconds_left": status.seconds_left,
        "workers": [asdict(worker) for worker in status.workers],
    }
    if isinstance(status, TradeoffStatus):
        searches = [status_as_dict(search) for search in status.searches]
        return common | {"searches": searches, "not_begun": list(status.not_begun)}
    best, saved = status.best, status.saved
    return common | {
        "stages": [asdict(stage) for stage in status.stages],
        "best": best and asdict(best) | {"measured": best.measured.to_attributes()},
        "saved": saved and saved.to_dict(),
        "evaluation": status.evaluation,
        "n_test_evaluations": status.n_test_evaluations,
        "diagnosis": status.diagnosis,
        "settings": status.settings,
    }
