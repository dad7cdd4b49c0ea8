"""Everything that the page of a report says, apart from its figures."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from optuna_dnc._markdown import counted
from optuna_dnc._version import __version__
from optuna_dnc.objectives import CostMeasure, cost_cells, described_cost, described_costs
from optuna_dnc.report.figures.time_spent import time_unit
from optuna_dnc.report.html.headline import Answer, NetworkLine, answer, comparisons
from optuna_dnc.report.html.usage import usage
from optuna_dnc.report.markdown import costs_of, loss, seconds
from optuna_dnc.runs import Record, Run
from optuna_dnc.runs.command import search_command

N_LEADERS = 10


def content(search: Run) -> dict[str, Any]:
    """The words and tables of the page, by their names in the template."""
    found = answer(search)
    leaders = search.ledger.leaders(N_LEADERS)
    costs = costs_of(leaders)
    return {
        "search": {
            "name": search.folder.name,
            "path": str(search.path),
            "network": search.settings["network"],
            "dataset": search.settings["dataset"],
            "state": search.state,
        },
        "found": found and found.found,
        "comparisons": comparisons(found) if found else [],
        "cards": list(_cards(found.found)) if found else [],
        "advice": search.diagnosis,
        "lines": [_line(line, costs) for line in (found.found, *found.others)] if found else [],
        "largest": _largest(search, found, costs),
        "costs": [cost.heading for cost in costs],
        "objective": _objective(search),
        "quality_title": "val. acc." if search.is_classification else "val. error",
        "leaders": [_leader(record, costs) for record in leaders],
        "usage": usage(search),
        "command": _command(search),
        "facts": list(_facts(search)),
        "version": __version__,
        "date": time.strftime("%Y-%m-%d"),
    }


def quality(accuracy: float | None, error: float | None) -> str:
    """An accuracy in percent, or the error of a regression; empty where neither is known."""
    if error is None:
        return ""
    return f"{error:.4g}" if accuracy is None else f"{100 * accuracy:.2f} %"


def _cards(found: NetworkLine) -> Iterator[dict[str, str]]:
    kind = "error" if found.val_accuracy is None else "accuracy"
    if found.test_error is not None:
        yield {
            "title": f"test {kind}",
            "value": quality(found.test_accuracy, found.test_error),
            "remark": "measured once, at the end",
        }
    yield {
        "title": f"validation {kind}",
        "value": quality(found.val_accuracy, found.val_error),
        "remark": "what it was chosen by",
    }
    for cost in described_costs(found.costs):
        yield {"title": cost.unit, "value": cost.format(found.costs[cost.name])}


def _line(line: NetworkLine, costs: Sequence[CostMeasure]) -> dict[str, Any]:
    return {
        "role": line.role,
        "description": line.description,
        "quality": quality(line.val_accuracy, line.val_error),
        "costs": cost_cells(line.costs, costs),
        "loss": loss(line.loss),
    }


def _largest(search: Run, found: Answer | None, costs: Sequence[CostMeasure]) -> list[str] | None:
    """The cost that counts as 1, where that is the largest network's: a cell for each cost."""
    if found is None or found.baseline is None or search.settings["baseline"] is not None:
        return None
    return cost_cells({search.settings["penalize"]: found.baseline}, costs)


def _objective(search: Run) -> str:
    settings, records = search.settings, search.ledger.records
    cost = described_cost(settings["penalize"]).unit
    penalty = f" + {settings['wc']:g} × {cost} / baseline" if settings["wc"] else ""
    n_trained = sum(record.reused_from is None for record in records)
    epochs = search.ledger.trained_epochs(*(stage.name for stage in search.stages))
    work = sum(record.seconds for record in records)
    unit, unit_name = time_unit(work)
    return (
        f"The search minimises log₁₀(error{penalty}): {counted(len(records), 'trial')}, "
        f"{n_trained:,} of them trained, for {counted(epochs, 'epoch')} together, in "
        f"{seconds(work / unit)} {unit_name}."
    )


def _leader(record: Record, costs: Sequence[CostMeasure]) -> dict[str, Any]:
    measured, training = record.measured, record.training
    return {
        "loss": loss(record.loss),
        "quality": quality(measured.val_accuracy, measured.error),
        "costs": cost_cells(measured.costs, costs),
        "lr": f"{training['lr']:.2g}",
        "weight_decay": f"{training['weight_decay']:.1g}",
        "batch_size": training["batch_size"],
        "description": record.description,
        "place": f"{record.stage.partition('-')[0]} {record.trial_number}",
    }


def _command(search: Run) -> dict[str, str] | None:
    text = search_command(search.settings)
    if text is None:
        return None
    remark = "The same command with a new folder finds the same again"
    cost = described_cost(search.settings["penalize"])
    if not cost.repeats_exactly:
        remark += f", as far as measured {cost.unit} repeat"
    if " DATA" in text:
        remark += f"; DATA is {search.settings['dataset']}, with the fingerprint below"
    return {"text": text, "remark": f"{remark}."}


def _facts(search: Run) -> Iterator[tuple[str, str]]:
    settings = search.settings
    yield "data set", f"{settings['dataset']} ({settings['task']})"
    if "data" in settings:
        yield "fingerprint", f"SHA-256 {settings['data'][:32]}…"
    for name in ("network", "strategy", "sampler", "pruner", "wc", "penalize", "epochs", "seed"):
        yield name, str(settings[name])
    baseline = search.studies.baseline()
    if baseline is not None:
        yield "baseline", described_cost(settings["penalize"]).in_words(baseline)
    for name, version in (search.summary or {}).get("versions", {}).items():
        yield name, str(version)
