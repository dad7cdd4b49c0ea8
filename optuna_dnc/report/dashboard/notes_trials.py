"""Notes of trials: the network, its quality and cost, and its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc._formats import quality
from optuna_dnc._markdown import counted, fields, listed, table
from optuna_dnc.nets.registry import FAMILIES
from optuna_dnc.objectives import cost_cells, described_cost
from optuna_dnc.report.formats import costs_of, loss, ordinal, percent_of, test_score
from optuna_dnc.runs import Record, Run

N_LEADERS = 10
"""Number of best networks of the whole search whose trials have a note."""
N_OF_STAGE = 3
"""Number of best trials of each stage that have a note."""

_NAMED = ("momentum", "schedule", "label_smoothing", "mixup", "cutout", "patience")
_FLAGS = {"augment": "augmentation", "bf16": "bfloat16"}


def noted_records(search: Run) -> list[Record]:
    """Return the trials that have a note: the best of the search and of each stage."""
    leaders = (row.record for row in search.leaderboard[:N_LEADERS])
    chosen = {record.label: record for record in leaders if not record.pruned}
    for stage in search.stages:
        ended = (r for r in search.ledger.of_stages(stage.name) if not r.pruned)
        of_stage = sorted(ended, key=lambda record: record.rank)[:N_OF_STAGE]
        chosen |= {record.label: record for record in of_stage}
    return list(chosen.values())


def trial_note(search: Run, record: Record, links: Links) -> str:
    """Write the note of a trial in Markdown."""
    measured = record.measured
    costs = costs_of([record])
    header = (f"validation {search.metric.title}", *(cost.unit for cost in costs), "loss")
    row = (
        percent_of(record),
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


def network_note(network: str, config: Mapping[str, Any]) -> str:
    """Describe a network in Markdown; a network with many layers as a table.

    Args:
        network: Name of the network family. If it is not registered, the fields of
            ``config`` are listed.
        config: The network as JSON.
    """
    if network in FAMILIES:
        try:
            family = FAMILIES[network]()
            return family.describe(family.config_from_dict(dict(config)))
        except (InputError, TypeError):
            pass  # of another version; its fields are listed instead
    return fields(config)


def former_note(search: Run) -> str:
    """Write the note of a trial that is no longer among the best."""
    return f"No longer one of the {N_LEADERS} best networks of {search.folder.name}."


def _rank(search: Run, record: Record) -> str:
    rows = search.leaderboard
    row = next(row for row in rows if record.label in row.trials)
    rank = f"{ordinal(row.rank)} of {counted(len(rows), 'network')}"
    return rank if record.key == row.record.key else f"Another training of the {rank}"


def _points(search: Run, record: Record, links: Links) -> list[str]:
    measured, baseline = record.measured, search.baseline
    epochs = counted(measured.epochs_run, "epoch")
    training = f"{epochs}, of which epoch {measured.best_epoch} was the best and is kept"
    if not measured.is_usable:
        training = f"no usable network ({measured.status})"
    cost = described_cost(baseline.penalize)
    share = search.complexity(record)
    points = [
        f"Training: {training_in_words(record.training)}; {training}.",
        f"Cost: {share:.2%} of the baseline, {cost.in_words(baseline.value)}.",
    ]
    if record.reused_from is not None:
        original = links.trial(record.reused_from)
        points.append(f"Reused the result of {original}, the same network and training.")
    best = (search.answer or {}).get("best", {})
    if (best.get("stage"), best.get("trial_number")) == (record.stage, record.trial_number):
        page = links.study(record.stage, "this study")
        points.append(f"Saved: `model.safetensors` is an artifact of {page}.")
        test = test_score(search)
        if test is not None:
            title, value = test.described.title, quality(test, percent=True)
            points.append(f"Test {title}: **{value}**, used by no decision.")
    if record is search.ledger.best:
        points += search.diagnosis
    return points


def training_in_words(training: dict[str, Any]) -> str:
    """Describe the training hyperparameters that have an effect."""
    optimizer = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}[training.get("optimizer", "adam")]
    decay = training["weight_decay"]
    parts = [
        f"learning rate {training['lr']:.3g}",
        f"weight decay {decay:.3g}" if decay else "no weight decay",
        f"batch size {training['batch_size']}",
    ]
    named = [(name, training[name]) for name in _NAMED if training.get(name)]
    parts += [f"{name.replace('_', ' ')} {_short(value)}" for name, value in named]
    parts += [words for name, words in _FLAGS.items() if training.get(name)]
    return f"{optimizer}, {listed(parts)}"


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.3g}"


@dataclass(frozen=True)
class Links:
    """Links to the pages of the studies of a search."""

    study_ids: Mapping[str, int]
    """Ids of the studies in the storage by stage name."""

    def study(self, stage: str, text: str) -> str:
        """Return a link to the plots of a stage, or ``text`` if it has no study yet."""
        return self._link(stage, text, "")

    def trial(self, trial: str) -> str:
        """Return a link to the trial ``stage/number``."""
        stage, _, number = trial.rpartition("/")
        return self._link(stage, trial, f"/trials?numbers={number}")

    def _link(self, stage: str, text: str, page: str) -> str:
        study_id = self.study_ids.get(stage)
        return text if study_id is None else f"[{text}](/dashboard/studies/{study_id}{page})"
