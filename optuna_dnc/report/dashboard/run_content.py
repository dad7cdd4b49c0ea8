"""Content of the page of a run: its state, and one of its networks."""

from __future__ import annotations

from typing import Any

from optuna_dnc._errors import InputError, shown
from optuna_dnc._formats import count, quality
from optuna_dnc.objectives import described_cost, described_costs
from optuna_dnc.report.dashboard.actions import Actions
from optuna_dnc.report.dashboard.notes_trials import training_in_words
from optuna_dnc.report.formats import loss, test_score
from optuna_dnc.runs import Record, Run
from optuna_dnc.runs.choice import tested_networks
from optuna_dnc.runs.drawing import drawn_layers_in
from optuna_dnc.runs.leaderboard import state_of

MEANINGS = {
    "new": "No stage has begun yet.",
    "running": "A process works on the search.",
    "pausing": "The search ends after the current epoch.",
    "paused": "No process works on the search; its trials are saved.",
    "stopped": "No process works on the search; its trials are saved.",
    "finishing": "All trials are there; the best network is trained on all samples and tested.",
    "complete": "The result is there.",
    "chosen": "Another network than the best was chosen by hand.",
    "failed": "No network could be trained.",
}
_LIVE = "A network can be chosen when the search has ended."
_TYPED = "The search has a storage of its own; choose a network on the command line."
_MEMBER = "Networks of a trade-off, whose searches share their trials, are not chosen by hand."
_TO_PAUSE = ("running", "finishing")
_TO_RESUME = ("new", "paused", "stopped", "failed")
_TO_EXTEND = ("paused", "stopped", "failed", "complete", "chosen")


def sensible_commands(search: Run) -> list[list[str]]:
    """Return the commands, without the folder, that make sense in the state of a search."""
    if search.settings["shares_trials"]:
        return [["pause"]] if _may_pause(search) else []
    state = search.state
    return [
        *([["pause"]] if _may_pause(search) else []),
        *([["resume"]] if state in _TO_RESUME else []),
        *([["extend", "--steps", "STEPS"]] if state in _TO_EXTEND else []),
    ]


def _may_pause(search: Run) -> bool:
    """Return whether a process trains; on a complete search, it evaluates or tests instead."""
    is_complete = bool((search.summary or {}).get("complete"))
    return search.state in _TO_PAUSE and not is_complete


def state_content(search: Run, actions: Actions) -> dict[str, Any]:
    """Return the content that changes while the page is open."""
    answer, n_tested = search.answer_record, len(tested_networks(search.summary))
    is_saved = search.summary is not None
    names = [words[0] for words in sensible_commands(search)]
    is_free = actions.may_start and not actions.doing
    is_member = search.settings["shares_trials"]
    return {
        "state": search.state,
        "meaning": MEANINGS[search.state],
        "n_trials": len(search.ledger.records),
        "stages": [
            {
                "name": stage.name,
                "trials": count(len(search.ledger.of_stages(stage.name)), "trial"),
            }
            for stage in search.stages
        ],
        "answer": None if answer is None or not is_saved else answer.label,
        "n_tested": n_tested,
        "tested": f"Networks evaluated on the test set: {n_tested or 'none'}.",
        "may_pause": "pause" in names,
        "may_resume": "resume" in names and is_free,
        "may_extend": "extend" in names and is_free,
        "may_choose": is_saved and is_free and not (search.is_live or is_member),
        "no_choice": _MEMBER if is_member else _LIVE if actions.may_start else _TYPED,
        "is_chosen": search.state == "chosen",
        "doing": actions.doing,
        "problem": actions.problem,
    }


def network_content(search: Run, label: str, actions: Actions) -> dict[str, Any]:
    """Return the content of the page about a network.

    Args:
        search: The search.
        label: Trial ``STAGE/NUMBER``.
        actions: Actions on the run.

    Raises:
        InputError: There is no such trial.
    """
    record = search.ledger.of_trial(label)
    if record is None:
        raise InputError(f"{shown(label)} is not a trial of {search.path}; reload the page.")
    measured = record.measured
    answer = search.answer_record
    return {
        "trial": record.label,
        "title": record.description,
        "state": state_of(record),
        "training": f"{training_in_words(record.training)}; "
        f"{count(measured.epochs_run, 'epoch')}, of which epoch {measured.best_epoch} is kept.",
        "facts": [
            [f"validation {search.metric.title}", quality(measured.score, percent=True)],
            *_tested(search, record),
            ["loss", loss(record.loss)],
            *(
                [cost.unit, cost.format(measured.costs[cost.name])]
                for cost in described_costs(measured.costs)
            ),
            [
                f"share of the baseline, {described_cost(search.settings['penalize']).unit}",
                f"{search.complexity(record):.2%}",
            ],
        ],
        "layers": _layers(search, record),
        "curve": {name: values for name, values in record.epochs.items() if name != "val_error"},
        "is_answer": answer is not None and answer.key == record.key and bool(search.summary),
        "may_choose": state_of(record) == "finished",
        "command": actions.command("choose", record.label),
    }


def _tested(search: Run, record: Record) -> list[list[str]]:
    """Return the row with the test score of the saved network; empty for others."""
    best = (search.answer or {}).get("best", {})
    score = test_score(search)
    is_saved = (best.get("stage"), best.get("trial_number")) == (record.stage, record.trial_number)
    if score is None or not is_saved:
        return []
    return [[f"test {score.described.title}", quality(score, percent=True)]]


def _layers(search: Run, record: Record) -> list[list[str]] | None:
    """Return the rows of a table of layers; None if the weights were not kept."""
    layers = drawn_layers_in(search.folder.checkpoint(record.key))
    if layers is None:
        return None
    return [
        [
            layer.name if layer.times == 1 else f"{layer.times} × {layer.name}",
            ", ".join(layer.details),
            " × ".join(map(str, layer.shape)),
            f"{layer.n_params:,}",
        ]
        for layer in layers
    ]
