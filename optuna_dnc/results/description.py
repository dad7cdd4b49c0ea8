"""Description of a result in about ten lines, as text and as HTML."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from optuna_dnc._formats import count, duration, quality
from optuna_dnc.objectives import described_costs
from optuna_dnc.results.best_model import BestModel


class Described(NamedTuple):
    """What is described."""

    best: BestModel
    summary: dict[str, Any]
    """Content of result.json."""
    path: Path


def text_of_result(result: Described) -> str:
    """Describe data, network, quality, costs and folder, and name what can be done next."""
    rows = dict(_rows(result))
    width = max(map(len, rows))
    lines = [f"  {name:{width}}  {value}" for name, value in rows.items()]
    return "\n".join([_title(result), *lines, *_next_steps(result)])


def html_of_result(result: Described) -> str:
    """Return the same as an HTML table, with all text escaped."""
    cells = "".join(
        f'<tr><th style="text-align: left">{escape(name)}</th>'
        f'<td style="text-align: left">{escape(value)}</td></tr>'
        for name, value in _rows(result)
    )
    caption = f'<caption style="text-align: left">{escape(_title(result))}</caption>'
    steps = "<br>".join(map(escape, _next_steps(result)))
    return f"<table>{caption}<tbody>{cells}</tbody></table><p>{steps}</p>"


def _title(result: Described) -> str:
    summary = result.summary
    title = (
        f"{summary['network']} on {summary['dataset']} ({summary['task']}), "
        f"wc {summary['wc']:g} on {summary['penalize']}"
    )
    return title if summary["complete"] else f"{title}; the search is not complete"


def _rows(result: Described) -> Iterator[tuple[str, str]]:
    best, summary = result.best, result.summary
    kind = best.quality.described.title
    yield "network", str(best.config)
    for name, score in (("test", best.quality.test), ("validation", best.quality.val)):
        if text := quality(score, percent=True):
            yield f"{name} {kind}", text
    for cost in described_costs(best.costs):
        yield cost.unit, cost.format(best.costs[cost.name])
    n_trials = sum(stage["n_trials"] for stage in summary["stages"])
    yield "search", f"{count(n_trials, 'trial')} in {duration(summary['search_seconds'])}"
    yield "folder", str(result.path)


def _next_steps(result: Described) -> list[str]:
    folder = shlex.quote(str(result.path))
    return [
        "Next: .predict(x), .evaluate(x, y), .leaderboard(), .refit(), .save(path); in a shell",
        f"optuna-dnc report {folder}, optuna-dnc export {folder}",
    ]
