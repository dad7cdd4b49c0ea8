"""Texts and tables of the report."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optuna_dnc._formats import quality
from optuna_dnc._markdown import counted
from optuna_dnc._version import __version__
from optuna_dnc.data import DATASET_NAMES
from optuna_dnc.nets.registry import FAMILIES
from optuna_dnc.objectives import CostMeasure, cost_cells, described_cost, described_costs
from optuna_dnc.report.figures.time_spent import time_unit
from optuna_dnc.report.formats import (
    costs_of,
    cross_validated,
    final_training,
    loss,
    number,
    percent_of,
)
from optuna_dnc.report.html.evaluation import evaluation_content
from optuna_dnc.report.html.headline import Headline, NetworkLine, comparisons, headline
from optuna_dnc.runs import LeaderboardRow, Run
from optuna_dnc.runs.choice import tested_networks
from optuna_dnc.runs.command import search_command
from optuna_dnc.runs.limits import named_limits
from optuna_dnc.runs.source import read_source

if TYPE_CHECKING:
    from optuna_dnc.data.tables import DataSource

N_LEADERS = 10


def content(search: Run) -> dict[str, Any]:
    """Return the variables of the template."""
    head = headline(search)
    leaders = search.leaderboard[:N_LEADERS]
    costs = costs_of(row.record for row in leaders)
    return {
        "search": {
            "name": search.folder.name,
            "path": str(search.path),
            "network": search.settings["network"],
            "dataset": search.settings["dataset"],
            "state": search.state,
        },
        "best": head and head.best,
        "comparisons": [
            *_chosen(search),
            *cross_validated(search.answer or {}),
            *final_training(search.answer or {}),
            *(comparisons(head) if head else []),
        ],
        "evaluation": evaluation_content(search),
        "cards": list(_cards(head.best, len(tested_networks(search.summary)))) if head else [],
        "advice": search.diagnosis,
        "lines": [_line(line, costs) for line in (head.best, *head.others)] if head else [],
        "largest": _largest(search, head, costs),
        "costs": [cost.heading for cost in costs],
        "objective": _objective(search),
        "quality_title": f"val. {search.metric.heading}",
        "leaders": [_leader(row, costs) for row in leaders],
        "slices": _slices(search),
        "usage": usage(search),
        "command": _command(search),
        "facts": list(_facts(search)),
        "version": __version__,
        "date": time.strftime("%Y-%m-%d"),
    }


def _chosen(search: Run) -> list[str]:
    """Return a sentence about the choice by hand, if there was one."""
    if (search.summary or {}).get("chosen") is None:
        return []
    return ["It was chosen by hand among the networks of the search."]


def _cards(best: NetworkLine, n_tested: int) -> Iterator[dict[str, str]]:
    kind = best.quality.described.title
    if best.quality.test is not None:
        yield {
            "title": f"test {kind}",
            "value": quality(best.quality.test, percent=True),
            "remark": "used by no decision"
            if n_tested < 2
            else f"{n_tested} networks were tested",
        }
    yield {
        "title": f"validation {kind}",
        "value": quality(best.quality.val, percent=True),
        "remark": "the network was chosen by it",
    }
    for cost in described_costs(best.costs):
        yield {"title": cost.unit, "value": cost.format(best.costs[cost.name])}


def _line(line: NetworkLine, costs: Sequence[CostMeasure]) -> dict[str, Any]:
    return {
        "role": line.role,
        "description": line.description,
        "quality": quality(line.quality.val, percent=True),
        "costs": cost_cells(line.costs, costs),
        "loss": loss(line.loss),
    }


def _largest(search: Run, head: Headline | None, costs: Sequence[CostMeasure]) -> list[str] | None:
    """Return the cells of the largest network of the space, if its cost counts as 1."""
    if head is None or head.baseline is None or search.settings["baseline"] is not None:
        return None
    return cost_cells({search.settings["penalize"]: head.baseline}, costs)


def _objective(search: Run) -> str:
    settings, records = search.settings, search.ledger.records
    cost = described_cost(settings["penalize"]).unit
    penalty = f" + {settings['wc']:g} × {cost} / baseline" if settings["wc"] else ""
    n_trained = sum(record.reused_from is None for record in records)
    epochs = search.ledger.trained_epochs(*(stage.name for stage in search.stages))
    work = sum(record.seconds for record in records)
    unit, unit_name = time_unit(work)
    return (
        f"The search minimizes the loss, log₁₀(error{penalty}): {counted(len(records), 'trial')}, "
        f"{n_trained:,} of them trained, for {counted(epochs, 'epoch')} in total, in "
        f"{number(work / unit)} {unit_name}."
    )


def _leader(row: LeaderboardRow, costs: Sequence[CostMeasure]) -> dict[str, Any]:
    record, training = row.record, row.training
    return {
        "rank": row.rank,
        "on_front": row.on_front,
        "loss": loss(row.loss),
        "quality": percent_of(record),
        "costs": cost_cells(row.costs, costs),
        "n_trainings": row.n_trainings,
        "lr": f"{training['lr']:.2g}",
        "weight_decay": f"{training['weight_decay']:.1g}",
        "batch_size": training["batch_size"],
        "description": row.described,
        "trial": record.label,
    }


def _slices(search: Run) -> dict[str, Any] | None:
    """Return the slices of the rows with the largest errors; None if there are none."""
    analysis = search.analysis
    if analysis is None or not analysis["slices"]:
        return None
    overall = analysis["part_error"]

    def shown(error: float) -> str:
        return f"{error:.2%}" if search.predicts_labels else f"{error:.4g}"

    rows = [
        {
            "column": row["column"],
            "what": row["what"],
            "n": f"{row['n']:,}",
            "error": shown(row["error"]),
            "ratio": f"{row['error'] / overall:.2f}",
        }
        for row in analysis["slices"]
        if row["error"] > overall
    ]
    return {"part": analysis["part"], "error": shown(overall), "rows": rows} if rows else None


def _command(search: Run) -> dict[str, str] | None:
    text = search_command(search.settings, read_source(search.folder))
    if text is None:
        return None
    remark = "This command, with a new folder, repeats the search"
    cost = described_cost(search.settings["penalize"])
    if not cost.repeats_exactly:
        remark += f", as far as the measured {cost.unit} repeat"
    if " DATA" in text:
        remark += f"; DATA is {search.settings['dataset']} with the fingerprint below"
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
    for name, limit in named_limits(settings).items():
        yield name, f"{limit:,g}"
    for name, version in (search.summary or {}).get("versions", {}).items():
        yield name, str(version)


def usage(search: Run) -> list[tuple[str, str]]:
    """Return sentences with code to copy; empty before the network was saved."""
    if search.summary is None:
        return []
    folder, is_own = str(search.path), search.settings["network"] not in FAMILIES
    family = ", family=family" if is_own else ""
    python = [
        "from optuna_dnc import SearchResult",
        "",
        f"result = SearchResult.load({folder!r}{family})",
        "labels = result.predict(x)" if search.predicts_labels else "values = result.predict(x)",
        "model = result.model()  # a torch.nn.Module in eval mode",
    ]
    python_text = "In Python, where x are raw samples like the training data:"
    if is_own:
        python_text = python_text.replace(":", " and family is that of the search:")
        return [(python_text, "\n".join(python))]
    quoted = shlex.quote(folder)
    settings = search.settings
    source = read_source(search.folder)
    is_found = source is not None or settings["dataset"] in DATASET_NAMES
    data = "" if is_found else " --data DATA"
    samples, example = _new_samples(source)
    return [
        (
            f"Predict for {samples}, or export the network:",
            f"optuna-dnc predict {quoted} {example}\noptuna-dnc export {quoted} --format onnx",
        ),
        (
            "Train it again, longer and on all samples (then predict and export with --refit):",
            f"optuna-dnc refit {quoted} --epochs {3 * settings['epochs']}{data}",
        ),
        (python_text, "\n".join(python)),
    ]


def _new_samples(source: DataSource | None) -> tuple[str, str]:
    """Return what the network predicts for, in words, and an example of a file."""
    if source is not None and source.options.image is None and source.options.target:
        return "new rows, whose columns are matched by name", "new.csv"
    if source is not None and (source.options.image is not None or Path(source.data).is_dir()):
        return "new images in a folder", "new/"
    return "raw samples in an .npz file", "samples.npz"
