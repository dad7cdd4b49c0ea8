"""The notes of trials: what a network is, how good, how large, and how it was trained."""

from __future__ import annotations

from typing import Any

from optuna_dnc._markdown import counted, listed, table
from optuna_dnc.objectives import cost_cells, described_cost
from optuna_dnc.report.dashboard.notes_links import Links
from optuna_dnc.report.dashboard.notes_networks import network_note
from optuna_dnc.report.markdown import costs_of, loss, ordinal, quality
from optuna_dnc.runs import Record, Run

N_LEADERS = 10
"""Best networks of the whole search whose trials have a note."""
N_OF_STAGE = 3
"""Best trials of each stage that have one."""

_NAMED = ("momentum", "schedule", "label_smoothing", "mixup", "cutout", "patience")
_FLAGS = {"augment": "augmented images", "bf16": "bfloat16"}


def noted_records(search: Run) -> list[Record]:
    """The trials that have a note: the leaders of the search, and those of each stage."""
    chosen = {record.label: record for record in search.ledger.leaders(N_LEADERS)}
    for stage in search.stages:
        ended = (r for r in search.ledger.of_stages(stage.name) if not r.pruned)
        leaders = sorted(ended, key=lambda record: record.rank)[:N_OF_STAGE]
        chosen |= {record.label: record for record in leaders}
    return list(chosen.values())


def trial_note(search: Run, record: Record, links: Links) -> str:
    """What a trial's network is, in Markdown."""
    measured = record.measured
    costs = costs_of([record])
    known = "validation accuracy" if search.is_classification else "validation error"
    header = (known, *(cost.unit for cost in costs), "log10 loss")
    row = (
        quality(record),
        *cost_cells(measured.costs, costs),
        loss(record.loss),
    )
    return "\n\n".join(
        (
            f"## {_rank(search, record)}: {record.description}",
            table(header, [row]),
            network_note(search.settings["network"], record.config),
            "\n".join(f"- {point}" for point in _points(search, record, links)),
        )
    )


def former_note(search: Run) -> str:
    """What is left of the note of a trial that no longer leads."""
    return f"No longer among the {N_LEADERS} leading networks of {search.folder.name}."


def _rank(search: Run, record: Record) -> str:
    keys = [leader.key for leader in search.ledger.leaders(len(search.ledger.records))]
    return f"{ordinal(keys.index(record.key) + 1)} of {counted(len(keys), 'network')}"


def _points(search: Run, record: Record, links: Links) -> list[str]:
    measured, baseline = record.measured, search.baseline
    epochs = counted(measured.epochs_run, "epoch")
    kept = f"{epochs}, kept is the network of epoch {measured.best_epoch}"
    if not measured.is_usable:
        kept = f"no usable network ({measured.status})"
    cost = described_cost(baseline.penalize)
    share = search.complexity(record)
    points = [
        f"Training: {training_in_words(record.training)}; {kept}.",
        f"Cost: {share:.2%} of the {cost.in_words(baseline.value)} that count as 1.",
    ]
    if record.reused_from is not None:
        before = links.trial(record.reused_from)
        points.append(f"The same network was trained in the same way before, as {before}.")
    best = (search.summary or {}).get("best", {})
    if (best.get("stage"), best.get("trial_number")) == (record.stage, record.trial_number):
        page = links.study(record.stage, "this study")
        points.append(f"Saved: `model.safetensors` is an artifact of {page}.")
        if best["test_accuracy"] is not None:
            points.append(f"Test accuracy: **{best['test_accuracy']:.2%}**, measured once.")
    if record is search.ledger.best:
        points += search.diagnosis
    return points


def training_in_words(training: dict[str, Any]) -> str:
    """The training hyperparameters that are in use."""
    optimizer = {"adam": "Adam", "sgd": "SGD"}[training.get("optimizer", "adam")]
    decay = training["weight_decay"]
    parts = [
        f"learning rate {training['lr']:.3g}",
        f"weight decay {decay:.3g}" if decay else "no weight decay",
        f"batches of {training['batch_size']}",
    ]
    used = [(name, training[name]) for name in _NAMED if training.get(name)]
    parts += [f"{name.replace('_', ' ')} {_short(value)}" for name, value in used]
    parts += [words for name, words in _FLAGS.items() if training.get(name)]
    return f"{optimizer}, {listed(parts)}"


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.3g}"
