"""Everything that the page of a report says, apart from its figures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from optuna_dnc._markdown import counted
from optuna_dnc._version import __version__
from optuna_dnc.report.figures.time_spent import time_unit
from optuna_dnc.report.html.headline import Answer, NetworkLine, answer, comparisons
from optuna_dnc.report.html.usage import usage
from optuna_dnc.report.markdown import loss, seconds
from optuna_dnc.runs import Record, Run
from optuna_dnc.runs.command import search_command

N_LEADERS = 10


def content(search: Run) -> dict[str, Any]:
    """The words and tables of the page, by their names in the template."""
    found = answer(search)
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
        "lines": [_line(line) for line in (found.found, *found.others)] if found else [],
        "largest": _largest(search, found),
        "objective": _objective(search),
        "quality_title": "val. acc." if search.is_classification else "val. error",
        "leaders": [_leader(record) for record in search.ledger.leaders(N_LEADERS)],
        "usage": usage(search),
        "command": _command(search),
        "facts": list(_facts(search)),
        "version": __version__,
        "date": time.strftime("%Y-%m-%d"),
    }


def quality(accuracy: float | None, error: float) -> str:
    """An accuracy in percent, or the error of a regression."""
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
        "value": quality(found.val_accuracy, found.error),
        "remark": "what it was chosen by",
    }
    yield {"title": "parameters", "value": f"{found.n_params:,}"}
    yield {"title": "training", "value": f"{seconds(found.t_epoch)} s", "remark": "per epoch"}


def _line(line: NetworkLine) -> dict[str, str]:
    return {
        "role": line.role,
        "description": line.description,
        "quality": quality(line.val_accuracy, line.error),
        "n_params": f"{line.n_params:,}",
        "t_epoch": seconds(line.t_epoch),
        "loss": loss(line.loss),
    }


def _largest(search: Run, found: Answer | None) -> dict[str, str] | None:
    """The network whose cost counts as 1, where that is the largest of the space."""
    if found is None or found.baseline is None or search.settings["baseline"] is not None:
        return None
    is_count = search.settings["penalize"] == "n_params"
    shown = {"n_params": "", "t_epoch": ""}
    if is_count:
        return shown | {"n_params": f"{found.baseline:,.0f}"}
    return shown | {"t_epoch": seconds(found.baseline)}


def _baseline(penalize: str, value: float) -> str:
    return (
        f"{value:,.0f} parameters" if penalize == "n_params" else f"{seconds(value)} s per epoch"
    )


def _objective(search: Run) -> str:
    settings, records = search.settings, search.ledger.records
    cost = {"n_params": "parameters", "t_epoch": "seconds per epoch"}[settings["penalize"]]
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


def _leader(record: Record) -> dict[str, Any]:
    measured, training = record.measured, record.training
    return {
        "loss": loss(record.loss),
        "quality": quality(measured.val_accuracy, measured.error),
        "n_params": f"{measured.n_params:,}",
        "t_epoch": seconds(measured.t_epoch),
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
    if search.settings["penalize"] == "t_epoch":
        remark += ", as far as measured seconds repeat"
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
        yield "baseline", _baseline(settings["penalize"], baseline)
    for name, version in (search.summary or {}).get("versions", {}).items():
        yield name, str(version)
