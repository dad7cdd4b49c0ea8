"""The note of a study: what the search and this stage of it are, and how to read the plots."""

from __future__ import annotations

from collections.abc import Mapping

from optuna_dnc._markdown import table
from optuna_dnc.objectives import cost_cells, costs_in_words, described_cost
from optuna_dnc.report.dashboard.notes_links import Links
from optuna_dnc.report.figures.captions import caption
from optuna_dnc.report.markdown import costs_of, loss, quality, seconds
from optuna_dnc.runs import Record, Run
from optuna_dnc.runs.command import search_command
from optuna_dnc.runs.stage_keys import CORE, JOINT, PILOT, REMAINING, TRAINING, StageKey

N_ROWS = 5
"""Leading networks that the note lists."""

_WHAT = {
    PILOT: "One network, trained to the end: what its error loses from each epoch on is expected "
    "of all networks that are stopped early.",
    CORE: "Bayesian optimisation of the core architecture: depth and widths, or channels. "
    "Everything else is fixed.",
    REMAINING: "A greedy sequence of small grids over the rest of the architecture, such as the "
    "activation and dropout. Only something strictly better replaces the best so far.",
    TRAINING: "Bayesian optimisation of how the best network is trained: learning rate, weight "
    "decay, batch size.",
    JOINT: "Bayesian optimisation of the whole network together with its training.",
}


def study_note(search: Run, stage: StageKey, links: Links, figures: Mapping[str, str]) -> str:
    """What a stage of the search is and what was found so far, in Markdown.

    Args:
        search: The search.
        stage: Whose study it is.
        links: To its other studies and their trials.
        figures: Titles of the figures that are shown beside it, by name.
    """
    settings = search.settings
    best = search.ledger.best
    kind = _KINDS.get(settings["network"], settings["network"])
    parts = [
        f"# Search for a small, accurate {kind} on {settings['dataset']}",
        _found(search, best, links)
        if best and best.measured.is_usable
        else "No network has been trained to its end yet.",
        f"{_STATES[search.state]} {_this_stage(stage)}",
        _stages(search, links),
        _reading(search, links, stage, figures),
        _leaders(search, links),
        _repeating(search),
    ]
    return "\n\n".join(part for part in parts if part)


_KINDS = {"cnn": "CNN", "mlp": "MLP", "resnet": "residual network"}
_STATES = {
    "running": "The search is **running**.",
    "stopped": "The search was **stopped**; run the same command again to resume.",
    "complete": "The search is **complete**.",
}


def _this_stage(stage: StageKey) -> str:
    return f"This is its stage **{stage.label}**. {_WHAT.get(stage, '')}".strip()


def _found(search: Run, best: Record, links: Links) -> str:
    kind = "validation accuracy" if search.is_classification else "validation error"
    text = (
        f"Best network: **{best.description}**, {quality(best)} {kind}, "
        f"{costs_in_words(best.measured.costs)}; "
        f"{links.trial(best.label)}."
    )
    tested = (search.summary or {}).get("best", {})
    if tested.get("test_accuracy") is not None:
        text += f" Test accuracy of the saved network: **{tested['test_accuracy']:.2%}**."
    return text


def _stages(search: Run, links: Links) -> str:
    header = ("stage", "trials", "epochs", "best loss", "seconds")
    ledger = search.ledger
    rows = []
    for stage in search.stages:
        records = ledger.of_stages(stage.name)
        best = ledger.best_of(stage.name)
        rows.append(
            (
                links.study(stage.name, stage.label),
                _trials(records),
                f"{ledger.trained_epochs(stage.name):,}",
                "" if best is None else loss(best.loss),
                seconds(sum(record.seconds for record in records)),
            )
        )
    return table(header, rows)


def _trials(records: list[Record]) -> str:
    stopped = sum(record.was_stopped for record in records)
    return f"{len(records)}, {stopped} stopped early" if stopped else str(len(records))


def _leaders(search: Run, links: Links) -> str:
    kind = "accuracy" if search.is_classification else "error"
    leaders = search.ledger.leaders(N_ROWS)
    costs = costs_of(leaders)
    headings = [cost.heading for cost in costs]
    header = ("network", kind, *headings, "loss", "lr", "decay", "batch", "trial")
    rows = [
        (
            record.description,
            quality(record),
            *cost_cells(record.measured.costs, costs),
            loss(record.loss),
            f"{record.training['lr']:.2g}",
            f"{record.training['weight_decay']:.1g}",
            record.training["batch_size"],
            links.trial(record.label),
        )
        for record in leaders
    ]
    return f"## Leading networks\n\n{table(header, rows)}" if rows else ""


def _reading(search: Run, links: Links, stage: StageKey, figures: Mapping[str, str]) -> str:
    settings = search.settings
    cost = described_cost(settings["penalize"])
    unit = f" / {cost.format(search.baseline.value)}" if search.ledger.records else ""
    error = "1 - validation accuracy" if search.is_classification else "MSE / variance"
    plots = links.study(stage.name, "the plots")
    points = [
        f"A trial is a network, its value the loss `log10(error + {settings['wc']:g} * {cost.unit}"
        f"{unit})`, where `error = {error}`. Lower is better; 0.3 less means half of the sum.",
        "Intermediate values are the loss after each epoch, counted from 1.",
        "A trial with the attribute `reused_from` trained nothing: the same network had been "
        "trained in the same way before.",
        "The trials of the leading networks have a note that says what each is.",
        *(f"**{title}**: {caption(name)}" for name, title in figures.items()),
    ]
    return f"## How to read {plots}\n\n" + "\n".join(f"- {point}" for point in points)


def _repeating(search: Run) -> str:
    command = search_command(search.settings)
    if command is None:
        return ""
    versions = (search.summary or {}).get("versions", {})
    found_with = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"## How to repeat it\n\n```bash\n{command}\n```\n\n{found_with}"
