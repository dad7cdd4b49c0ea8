"""Notes of studies: the search, its stages, its best networks and a guide to the plots."""

from __future__ import annotations

from collections.abc import Mapping

from optuna_dnc._formats import quality
from optuna_dnc._markdown import table
from optuna_dnc.evaluation.comparison import Comparison
from optuna_dnc.objectives import cost_cells, costs_in_words, described_cost
from optuna_dnc.report.dashboard.notes_trials import Links
from optuna_dnc.report.figure_registry import caption
from optuna_dnc.report.formats import costs_of, loss, number, percent_of, test_score
from optuna_dnc.runs import Record, Run
from optuna_dnc.runs.command import search_command
from optuna_dnc.runs.source import read_source
from optuna_dnc.runs.stage_keys import CORE, JOINT, PILOT, REMAINING, TRAINING, StageKey

N_ROWS = 5
"""Number of best networks in the note."""

LEADERS = (
    "Each architecture once, with its best training. ◆ lies on the Pareto front: no other network "
    "is both better and cheaper."
)

_DESCRIPTIONS = {
    PILOT: "One network is trained to the end. Networks that are stopped early are expected to "
    "improve from then on as this one did.",
    CORE: "Bayesian optimization of the core architecture: depth and widths, or channels. "
    "Everything else is fixed.",
    REMAINING: "Small grid searches, one after the other, over the rest of the architecture, such "
    "as activation and dropout. Each keeps its best option if it improves the loss.",
    TRAINING: "Bayesian optimization of the training of the best network: learning rate, "
    "weight decay, batch size.",
    JOINT: "Bayesian optimization of the network together with its training.",
}


def study_note(search: Run, stage: StageKey, links: Links, figures: Mapping[str, str]) -> str:
    """Write the note of a study in Markdown."""
    settings = search.settings
    best = search.ledger.best
    family = _FAMILY_NAMES.get(settings["network"], settings["network"])
    parts = [
        f"# Search for a small, accurate {family} on {settings['dataset']}",
        _best_network(search, best, links)
        if best and best.measured.is_usable
        else "No network has been trained to the end yet.",
        f"{_STATES[search.state]} {_current_stage(stage)}",
        _stages(search, links),
        _plot_guide(search, links, stage, figures),
        _leaders(search, links),
        _targets(search),
        _reproduction(search),
    ]
    return "\n\n".join(part for part in parts if part)


_FAMILY_NAMES = {"cnn": "CNN", "mlp": "MLP", "resnet": "residual network"}
_STATES = {
    "new": "The search is **new**: no trial has ended yet.",
    "running": "The search is **running**.",
    "pausing": "The search is **pausing**: it ends after the current epoch.",
    "paused": "The search is **paused**; continue it with `optuna-dnc resume`.",
    "stopped": "The search was **stopped**; run the same command again to resume.",
    "finishing": "The search is **finishing**: its final network is being trained and tested.",
    "complete": "The search is **complete**.",
    "chosen": "A network of the search was **chosen** by hand.",
    "failed": "The search has **failed**: no network could be trained.",
}


def _current_stage(stage: StageKey) -> str:
    return f"This is stage **{stage.label}**. {_DESCRIPTIONS.get(stage, '')}".strip()


def _best_network(search: Run, best: Record, links: Links) -> str:
    kind = f"validation {search.metric.title}"
    text = (
        f"Best network: **{best.description}**, {kind} {percent_of(best)}, "
        f"{costs_in_words(best.measured.costs)}; "
        f"{links.trial(best.label)}."
    )
    test = test_score(search)
    if test is not None:
        title = test.described.title
        text += f" Test {title} of the saved network: **{quality(test, percent=True)}**."
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
                number(sum(record.seconds for record in records)),
            )
        )
    return table(header, rows)


def _trials(records: list[Record]) -> str:
    stopped = sum(record.was_stopped for record in records)
    return f"{len(records)}, {stopped} stopped early" if stopped else str(len(records))


def _leaders(search: Run, links: Links) -> str:
    kind = search.metric.title
    leaders = search.leaderboard[:N_ROWS]
    costs = costs_of(row.record for row in leaders)
    headings = [cost.heading for cost in costs]
    header = ("network", kind, *headings, "loss", "trainings", "lr", "decay", "batch", "trial")
    rows = [
        (
            f"{row.described}{' ◆' if row.on_front else ''}",
            percent_of(row.record),
            *cost_cells(row.costs, costs),
            loss(row.loss),
            row.n_trainings,
            f"{row.training['lr']:.2g}",
            f"{row.training['weight_decay']:.1g}",
            row.training["batch_size"],
            links.trial(row.record.label),
        )
        for row in leaders
    ]
    if not rows:
        return ""
    return f"## Best networks\n\n{LEADERS}\n\n{table(header, rows)}"


def _targets(search: Run) -> str:
    """Return the metrics of each of several targets or labels, by their names."""
    comparison = Comparison.of(search.answer)
    if comparison is None or comparison.panel is None or not comparison.panel.by_target:
        return ""
    header, *rows = comparison.panel.target_table()
    part = comparison.part.capitalize()
    return f"## {part} metrics of each {header[0]}\n\n{table(header, rows)}"


def _plot_guide(search: Run, links: Links, stage: StageKey, figures: Mapping[str, str]) -> str:
    settings = search.settings
    cost = described_cost(settings["penalize"])
    unit = f" / {cost.format(search.baseline.value)}" if search.ledger.records else ""
    error = search.metric.error_text or f"1 - validation {search.metric.title}"
    plots = links.study(stage.name, "the plots")
    points = [
        f"Each trial is a network. Its value is the loss `log10(error + {settings['wc']:g} * "
        f"{cost.unit}{unit})`, where `error = {error}`. Lower is better: a difference of 0.3 is a "
        "factor of 2 of the sum.",
        "Intermediate values are the losses after each epoch, counted from 1.",
        "A trial with the attribute `reused_from` reuses the result of an earlier training of the "
        "same network.",
        "The trials of the best networks have a note with a description.",
        *(f"**{title}**: {caption(name)}" for name, title in figures.items()),
    ]
    return f"## How to read {plots}\n\n" + "\n".join(f"- {point}" for point in points)


def _reproduction(search: Run) -> str:
    command = search_command(search.settings, read_source(search.folder))
    if command is None:
        return ""
    versions = (search.summary or {}).get("versions", {})
    packages = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"## How to reproduce the search\n\n```bash\n{command}\n```\n\n{packages}"
