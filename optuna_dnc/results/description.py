"""Description of a result in about ten lines, as text and as HTML."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from html import escape

from optuna_dnc._formats import count, duration, quality
from optuna_dnc.objectives import described_costs
from optuna_dnc.results.trained_network import TrainedNetwork


def text_of_result(result: TrainedNetwork) -> str:
    """Describe data, network, quality, costs and folder, and name what can be done next."""
    rows = dict(_rows(result))
    width = max(map(len, rows))
    lines = [f"  {name:{width}}  {value}" for name, value in rows.items()]
    return "\n".join([_title(result), *lines, *_next_steps(result)])


def html_of_result(result: TrainedNetwork) -> str:
    """Return the same as an HTML table, with all text escaped."""
    cells = "".join(
        f'<tr><th style="text-align: left">{escape(name)}</th>'
        f'<td style="text-align: left">{escape(value)}</td></tr>'
        for name, value in _rows(result)
    )
    caption = f'<caption style="text-align: left">{escape(_title(result))}</caption>'
    steps = "<br>".join(map(escape, _next_steps(result)))
    return f"<table>{caption}<tbody>{cells}</tbody></table><p>{steps}</p>"


def _title(result: TrainedNetwork) -> str:
    summary = result.summary
    title = (
        f"{summary['network']} on {summary['dataset']} ({summary['task']}), "
        f"wc {summary['wc']:g} on {summary['penalize']}"
    )
    return title if summary["complete"] else f"{title}; the search is not complete"


def _rows(result: TrainedNetwork) -> Iterator[tuple[str, str]]:
    metrics, summary = result.metrics, result.summary
    kind = metrics.quality.described.title
    yield "network", str(result.config)
    for name, score in (("test", metrics.quality.test), ("validation", metrics.quality.val)):
        if text := quality(score, percent=True):
            yield f"{name} {kind}", text
    for cost in described_costs(metrics.costs):
        yield cost.unit, cost.format(metrics.costs[cost.name])
    n_trials = sum(stage["n_trials"] for stage in summary["stages"])
    yield "search", f"{count(n_trials, 'trial')} in {duration(summary['search_seconds'])}"
    yield "folder", str(result.path)


def _next_steps(result: TrainedNetwork) -> list[str]:
    folder = shlex.quote(str(result.path))
    return [
        "Next: .predict(x), .evaluate(x, y), .leaderboard(), .refit(), .save(path); in a shell",
        f"optuna-dnc report {folder}, optuna-dnc export {folder}",
    ]
