"""End of a search: trains the best network on all samples, tests it, and writes the result."""

from __future__ import annotations

import platform
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import torch

from optuna_dnc._errors import InputError
from optuna_dnc._files import digest, write_sealed
from optuna_dnc._version import __version__
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.registry import name_in_results
from optuna_dnc.objectives import costs_to_dict, metric_of
from optuna_dnc.results.best_model import BestModel
from optuna_dnc.runs.choice import PER_ANSWER, answer_summary, label_of, with_tested
from optuna_dnc.runs.diagnosis import diagnose_best
from optuna_dnc.runs.folder import SCHEMA, RunFolder, check_version, intact_summary
from optuna_dnc.runs.leaderboard import LeaderboardRow, leaderboard
from optuna_dnc.runs.ledger import Ledger, no_network
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.search.at_the_end import least_refit_seconds
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.ending.answering import answer_of, save_answer
from optuna_dnc.search.ending.cross_validation import entry_of_result
from optuna_dnc.search.ending.judging import judged
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.stages.stage import Stage
from optuna_dnc.search.trials.trainer import provisional_best

N_LEADERS = 10
"""Number of networks that result.json lists."""


def write_result(
    context: SearchContext,
    stages: Sequence[Stage],
    dataset: str,
    *,
    settings: SearchSettings,
    complete: bool,
    notes: dict[str, Any],
    trials: dict[str, Any],
) -> SearchResult:
    """Finish and save the best network so far, then judge it.

    result.json is written after all other files, and again with the judgement.

    Args:
        context: State of the search.
        stages: Stages of the search.
        dataset: Name of the data set.
        settings: Settings that repeat the search. Those of ``context`` may have fewer epochs, as
            planned for a time limit.
        complete: Whether all stages have ended.
        notes: Additional entries of result.json.
        trials: Digests from :func:`optuna_dnc.runs.trial_digests.trial_digests`.

    Raises:
        InputError: No training gave a usable network.
    """
    context.keep_leader()
    best = _best(context)
    folder = context.folder
    check_version(folder)
    written = _written(context, best)
    if written is None or not _covers(context, written, trials, complete):
        if written is not None and _is_out_of_reach(context, written, best):
            known = written.summary
            model, entries = written.best, {k: known[k] for k in PER_ANSWER if k in known}
        else:
            answer = answer_of(context, best)
            save_answer(context, best, answer)
            model, entries = answer.model, {"refit": answer.refit}
        leaders = _leaders(context, best)
        summary = _summary(context, stages, dataset, complete, model, leaders) | entries
        if context.data.n_test:
            summary["tested"] = with_tested(intact_summary(folder), best.label)
        summary["cross_validation"] = entry_of_result(context)
        summary["settings"] = settings.model_dump(mode="json")
        files = (folder.config, folder.model, folder.settings)
        summary["files"] = {path.name: digest(path) for path in files}
        summary["trials"] = trials
        write_sealed(folder.result, summary | notes)
    result = SearchResult.load(folder.path, family=context.family)
    if context.floors:
        label = label_of(answer_summary(result.summary)["best"])
        result = judged(context, context.ledger.of_trial(label) or best, result)
    result.write_card()
    return result


def _best(context: SearchContext) -> Record:
    ledger = context.ledger
    best = ledger.best_network
    if best is None and any(record.measured.is_usable for record in ledger.records):
        promising = ledger.most_promising
        has_weights = context.peers.checkpoint(context, promising.key) is not None
        best = promising if has_weights else provisional_best(context)
    if best is None or not best.measured.is_usable:
        raise no_network(ledger)
    return best


def _written(context: SearchContext, best: Record) -> SearchResult | None:
    """Return the result in the folder if it is intact and has this network, as it is wanted."""
    if not context.folder.result.exists():
        return None
    try:
        written = whole_result(context.folder, context.family)
    except InputError as error:
        problem = str(error).partition(";")[0]
        warnings.warn(f"{problem}; the result is written again.", stacklevel=2)
        return None
    is_refit = written.summary.get("refit") is not None
    family = context.family
    is_best = written.best.quality.val == best.measured.score and family.with_members(
        written.best.config, 1
    ) == family.config_from_dict(best.config)
    return written if is_best and is_refit == context.refit else None


def _covers(
    context: SearchContext, written: SearchResult, trials: dict[str, Any], complete: bool
) -> bool:
    """Whether a result need not be written again.

    Several workers may write one, each when its own time is over.
    """
    if complete:
        return written.complete
    known = [written.summary.get(name) for name in ("trials", "cross_validation")]
    return known == [trials, entry_of_result(context)]


def _is_out_of_reach(context: SearchContext, written: SearchResult, best: Record) -> bool:
    """Whether the answer was trained on all samples, for which this worker has no time left."""
    folds = context.ledger.cross_validation.of(best.key)
    is_answer = written.chosen is None and label_of(written.summary["best"]) == best.label
    is_refit = written.summary.get("refit") is not None
    seconds = least_refit_seconds(best, context.data, folds)
    return is_answer and is_refit and context.limit.left < seconds


def whole_result(folder: RunFolder, family: NetworkFamily) -> SearchResult:
    """Load the result in a folder with its weights.

    Raises:
        InputError: A file is missing or damaged.
    """
    result = SearchResult.load(folder.path, family=family)
    result.model()
    return result


def _summary(
    context: SearchContext,
    stages: Sequence[Stage],
    dataset: str,
    complete: bool,
    model: BestModel,
    leaders: Sequence[LeaderboardRow],
) -> dict[str, Any]:
    settings = context.settings
    ledger = context.ledger
    return {
        "schema": SCHEMA,
        "complete": complete,
        "dataset": dataset,
        "network": name_in_results(context.family),
        "space": context.family.model_dump(mode="json"),
        "task": context.data.task,
        "metric": metric_of(context.data.metric, context.data.task).name,
        "wc": settings.wc,
        "penalize": settings.penalize,
        "baseline": context.objective.normalizer.value,
        "n_folds": len(context.data.folds) or 1,
        "best": model.to_dict(),
        "leaders": [_leader(row) for row in leaders],
        "diagnosis": diagnose_best(ledger, constant_loss=context.data.constant_loss),
        "stages": [_stage(ledger, stage.name) for stage in stages],
        "search_seconds": sum(record.seconds for record in ledger.records),
        "seed": settings.seed,
        "versions": {
            "optuna_dnc": __version__,
            "optuna": version("optuna"),
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
    }


def _leaders(context: SearchContext, best: Record) -> Sequence[LeaderboardRow]:
    """Return the best architectures, each with a finished training; else the provisional best."""
    penalize = context.settings.penalize
    rows = leaderboard(context.ledger.records, penalize, context.ledger.best)
    finished = [row for row in rows if row.state == "finished"]
    return finished[:N_LEADERS] or leaderboard([best], penalize)


def _leader(row: LeaderboardRow) -> dict[str, Any]:
    record = row.record
    return {
        "stage": record.stage,
        "trial_number": record.trial_number,
        "loss": record.loss,
        "network": record.description,
        "training": record.training,
        "error": record.measured.error,
        "val_accuracy": record.measured.val_accuracy,
        "val_metric": record.measured.score.value,
        "metric": record.measured.score.metric,
        "n_trainings": row.n_trainings,
        "on_front": row.on_front,
        **costs_to_dict(record.measured.costs),
    }


def _stage(ledger: Ledger, name: str) -> dict[str, Any]:
    records = ledger.of_stages(name)
    best = ledger.best_of(name)
    return {
        "name": name,
        "n_trials": len(records),
        "n_trained": sum(record.reused_from is None for record in records),
        "n_pruned": sum(record.was_stopped for record in records),
        "n_crashed": ledger.n_crashed(name),
        "n_rejected": ledger.n_rejected(name),
        "epochs": ledger.trained_epochs(name),
        "best_loss": None if best is None else best.loss,
        "seconds": sum(record.seconds for record in records),
    }
