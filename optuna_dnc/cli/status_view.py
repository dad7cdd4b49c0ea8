"""Status of a search in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from optuna_dnc._formats import count, duration, named_quality
from optuna_dnc.evaluation import Comparison
from optuna_dnc.objectives import costs_in_short
from optuna_dnc.report.formats import tested
from optuna_dnc.runs import SearchStatus
from optuna_dnc.runs.limits import named_limits
from optuna_dnc.runs.status import StageStatus
from optuna_dnc.runs.workers import WorkerStatus
from optuna_dnc.runs.workers_text import worker_lines

MOST_WORKERS = 100
"""Largest number of workers that have a line each."""


def status_lines(status: SearchStatus) -> Iterator[str]:
    """Yield the lines of a status: settings, stages, time left, the best network."""
    settings = status.settings
    limits = "".join(f", {name} {limit:g}" for name, limit in named_limits(settings).items())
    yield (
        f"{status.path}: {status.state}; {settings['network']} on {settings['dataset']}, "
        f"wc {settings['wc']:g} on {settings['penalize']}{limits}"
    )
    for stage in status.stages:
        yield f"  {_stage(stage, is_complete=status.state in ('complete', 'chosen'))}"
    if status.workers:
        trainers = [worker for worker in status.workers if not worker.drives]
        yield f"{count(len(trainers), 'worker')}{_shown_by(status.workers)}:"
        yield from (f"  {line}" for line in worker_lines(trainers, most=MOST_WORKERS))
    elif status.state == "new":
        yield f"No worker has begun; start one with optuna-dnc worker {status.path}"
    if status.seconds_left is not None:
        yield f"Time left: about {duration(status.seconds_left)}"
    if status.best is not None and status.best.measured.is_usable:
        measured = status.best.measured
        yield (
            f"Best so far: {status.best.description}; "
            f"{named_quality(measured.score)}, "
            f"{costs_in_short(measured.costs)}"
        )
        yield from (f"  {sentence}" for sentence in status.diagnosis)
    saved = status.saved
    if saved is not None:
        test = tested(saved.quality.test)
        chosen = " (chosen by hand)" if status.state == "chosen" else ""
        costs = costs_in_short(saved.costs)
        yield f"Saved network{chosen}: {test}, {costs}: {saved.description}"
    if status.n_test_evaluations > 1:
        yield f"{status.n_test_evaluations} networks were evaluated on the test set."
    comparison = Comparison.of({"evaluation": status.evaluation})
    if comparison is not None:
        yield from (f"  {sentence}" for sentence in comparison.lines(settings["wc"]))


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


def status_as_dict(status: SearchStatus) -> dict[str, Any]:
    """Return a status as JSON."""
    best, saved = status.best, status.saved
    return {
        "path": str(status.path),
        "state": status.state,
        "stages": [asdict(stage) for stage in status.stages],
        "seconds_left": status.seconds_left,
        "workers": [asdict(worker) for worker in status.workers],
        "best": best and asdict(best) | {"measured": best.measured.to_attributes()},
        "saved": saved and saved.to_dict(),
        "evaluation": status.evaluation,
        "n_test_evaluations": status.n_test_evaluations,
        "diagnosis": status.diagnosis,
        "settings": status.settings,
    }
