"""Model card of a trained network, in the format that model hubs read.

Markdown with a YAML header: https://huggingface.co/docs/hub/model-cards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna_dnc._errors import cut, printable
from optuna_dnc._files import check_regular, replace_file
from optuna_dnc._markdown import counted, table
from optuna_dnc._version import __version__
from optuna_dnc.evaluation.comparison import Comparison
from optuna_dnc.evaluation.panel import text_of
from optuna_dnc.objectives import described_costs
from optuna_dnc.results.trained_network import TrainedNetwork, read_config
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.limits import named_limits
from optuna_dnc.tasks import learning_task

NAME = "card.md"

_MARK = "<!-- written by optuna-dnc, sha256 "
"""Start of the last line, which holds the digest of all lines before it."""

_MOST_CLASSES = 30
_LONGEST = 80


@dataclass(frozen=True)
class CardFacts:
    """Facts for a card that are not stored with the network."""

    module: str
    loader: str
    """Module and class that load the network from the folder of the card."""
    settings: Mapping[str, Any]
    """Settings of the search."""
    n_samples: int | None
    """Samples of the final training; None if unknown."""
    comparison: Comparison | None
    notes: Sequence[str] = ()
    """Sentences about its training."""


def write_card(network: TrainedNetwork, facts: CardFacts) -> Path | None:
    """Write card.md into the folder of a network.

    Returns:
        The file; None if it exists and somebody has edited it: then it is not replaced.
    """
    file = network.path / NAME
    if file.exists() and not _is_ours(file):
        return None
    text = "\n".join(_lines(network, facts)) + "\n"
    content = f"{text}{_MARK}{_digest(text)} -->\n".encode()
    if not file.exists() or file.read_bytes() != content:
        replace_file(file, content)
    return file


def _is_ours(file: Path) -> bool:
    """Return whether a card is unchanged since it was written."""
    try:
        check_regular(file)
        text, mark, rest = file.read_text(encoding="utf-8").rpartition(_MARK)
    except (OSError, ValueError):
        return False
    return bool(mark) and rest == f"{_digest(text)} -->\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _lines(network: TrainedNetwork, facts: CardFacts) -> Iterator[str]:
    summary, description = network.summary, read_config(RunFolder(network.path))
    scores = _scores(network, facts.comparison)
    yield from _header(summary, description, scores)
    data = _plain(summary["dataset"])
    yield f"# {_plain(summary['network'])} on {data}"
    yield ""
    task = learning_task(summary["task"])
    yield f"A network for {task.title}, found by a search for accurate and cheap networks."
    yield ""
    yield f"- Network: {_plain(str(network.config))}"
    yield from (f"- {note}" for note in facts.notes)
    yield ""
    predicted = "labels" if task.predicts_labels else "values"
    code = (
        "```python",
        f"# Requires optuna-dnc {__version__}.",
        f"from {facts.module} import {facts.loader}",
        "",
        f'network = {facts.loader}.load("FOLDER")  # the folder of this file',
        f"{predicted} = network.predict(x)  # raw samples, as in the training data",
        "```",
    )
    for heading, lines in (
        ("Data", _data_lines(summary, description, facts)),
        ("Metrics", _metric_lines(network, scores, facts)),
        ("Costs", _cost_lines(network)),
        ("Limits", _limit_lines(description, facts)),
        ("How to use it", code),
    ):
        yield from (f"## {heading}", "", *lines, "")


def _header(
    summary: Mapping[str, Any], description: Mapping[str, Any], scores: Mapping[str, float]
) -> Iterator[str]:
    kind = "image" if len(description["input_shape"]) == 3 else "tabular"
    learned = learning_task(summary["task"])
    task = f"{kind}-{learned.pipeline}"
    yield "---"
    yield "library_name: optuna-dnc"
    yield f"pipeline_tag: {task}"
    yield "tags:"
    for tag in (task, "optuna", "neural-architecture-search", "pytorch"):
        yield f"- {tag}"
    yield "metrics:"
    for name in scores:
        yield f"- {name}"
    yield "model-index:"
    title = f"{summary['network']} on {summary['dataset']}"
    yield f"- name: {_quoted(title)}"
    yield "  results:"
    yield "  - task:"
    yield f"      type: {task}"
    yield "    dataset:"
    yield f"      name: {_quoted(summary['dataset'])}"
    yield f"      type: {_quoted(summary['dataset'])}"
    yield "    metrics:"
    for name, value in scores.items():
        yield f"    - type: {name}"
        yield f"      value: {value:.6g}"
    yield "---"
    yield ""


def _scores(network: TrainedNetwork, comparison: Comparison | None) -> dict[str, float]:
    """Return the metrics of the comparison, or else the known metric of the test set."""
    if comparison is not None and comparison.panel is not None:
        return dict(comparison.panel.scores)
    quality = network.metrics.quality
    if quality.test_error is None:
        return {}
    if quality.test_accuracy is not None:
        name = learning_task(network.summary["task"]).default_metric
        return {name: quality.test_accuracy}
    return {"relative_mse": quality.test_error}


def _data_lines(
    summary: Mapping[str, Any], description: Mapping[str, Any], facts: CardFacts
) -> Iterator[str]:
    yield f"- Data set: {_plain(summary['dataset'])}"
    if facts.n_samples is not None:
        yield f"- Trained on {counted(facts.n_samples, 'sample')}"
    yield f"- Shape of a sample: {tuple(description['input_shape'])}"
    data = description["preprocessing"]
    if data["classes"] is not None:
        what = "classes" if data.get("label_values") is None else "yes/no labels"
        yield f"- {len(data['classes'])} {what}{_named(data['classes'])}"
    elif len(data["y_mean"]) > 1:
        yield f"- {len(data['y_mean'])} targets{_named(data.get('target_names') or ())}"
    if "data" in facts.settings:
        yield f"- SHA-256 of the arrays: `{facts.settings['data']}`"


def _metric_lines(
    network: TrainedNetwork, scores: Mapping[str, float], facts: CardFacts
) -> Iterator[str]:
    comparison = facts.comparison
    floors = () if comparison is None else comparison.floors
    part = "test" if comparison is None else comparison.part
    if scores:
        rows = [
            (
                text_of(name).title,
                text_of(name).format(value),
                *(
                    text_of(name).format(floor.scores[name]) if name in floor.scores else ""
                    for floor in floors
                ),
            )
            for name, value in scores.items()
        ]
        yield table((f"on the {part} samples", "network", *(f.name for f in floors)), rows)
        yield ""
    if comparison is not None:
        yield from comparison.lines(_wc(facts))
        yield ""
    quality = network.metrics.quality
    if quality.val_error is not None:
        shown = (
            f"error {quality.val_error:.4g}"
            if quality.val_accuracy is None
            else f"accuracy {text_of('accuracy').format(quality.val_accuracy)}"
        )
        yield f"The search chose it by its validation {shown}, which is therefore optimistic."


def _cost_lines(network: TrainedNetwork) -> Iterator[str]:
    costs = network.metrics.costs
    for cost in described_costs(costs):
        yield f"- {cost.unit}: {cost.format(costs[cost.name])}"


def _named(labels: Sequence[Any]) -> str:
    """Return the first of some names, after a colon; empty if there are none."""
    names = ", ".join(_plain(str(label)) for label in labels[:_MOST_CLASSES])
    more = ", ..." if len(labels) > _MOST_CLASSES else ""
    return f": {names}{more}" if names else ""


def _limit_lines(description: Mapping[str, Any], facts: CardFacts) -> Iterator[str]:
    limits = "".join(f", {name} {limit:g}" for name, limit in named_limits(facts.settings).items())
    yield f"- The search weighed the cost against the error with wc {_wc(facts):g}{limits}."
    yield "- It knows samples like those that it was trained on; others are not detected."
    data = description["preprocessing"]
    if data.get("label_values") is not None:
        yield "- It says of each label above whether it is there, whatever the sample."
    elif data["classes"] is not None:
        yield "- It answers one of the classes above, whatever the sample."
    yield "- The license of the data is unknown to the program that wrote this card."


def _wc(facts: CardFacts) -> float:
    return float(facts.settings["wc"])


def _plain(text: str) -> str:
    """Return a name as plain text in one line, which neither Markdown nor HTML interprets."""
    escaped = printable(cut(text, _LONGEST)).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{c}" if c in "\\`*_[]|#" else c for c in escaped)


def _quoted(text: str) -> str:
    """Return a string of YAML."""
    return json.dumps(printable(text), ensure_ascii=False)
