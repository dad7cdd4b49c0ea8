"""From runs to tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scipy.stats import rankdata

from benchmarks.peers.comparisons import against, against_best_network, price_of_size
from benchmarks.peers.groups import Group, load_groups, mean, percent, shown

DEFAULTS = ("scikit", "lightgbm")
"""What a user would run first, to which ours is compared one by one."""

Row = dict[str, Any]


def summarise(
    folder: Path,
    tables: Sequence[str],
    contestants: Sequence[str],
    limits: Sequence[float],
    weights: Sequence[float],
    seeds: int,
) -> dict[str, list[Row]]:
    """Return tables by title: for each limit and weight the figures, the ranks, and ours beside
    the best network, the defaults, and ours with the smallest weight."""
    found = {}
    for seconds in limits:
        played: dict[float, list[Group]] = {}
        for wc in sorted(weights):
            groups = load_groups(folder, tables, contestants, seconds=seconds, wc=wc, seeds=seeds)
            played[wc] = [group for group in groups if group.runs]
            setting = f"{seconds:g} s, wc {wc:g}"
            found[setting] = [_figures(group) for group in groups]
            found[f"ranks, {setting}"] = ranks(played[wc])
            found[f"ours - best peer network, {setting}"] = against_best_network(played[wc])
            for name in DEFAULTS:
                found[f"ours - {name}, {setting}"] = against(played[wc], name)
        lowest, *others = sorted(weights)
        for wc in others:
            title = f"ours, wc {wc:g} - wc {lowest:g}, {seconds:g} s"
            found[title] = price_of_size(played[wc], played[lowest])
    return {title: rows for title, rows in found.items() if rows}


def _figures(group: Group) -> Row:
    n_bytes = group.mean("n_bytes")
    return {
        "table": group.table,
        "contestant": group.contestant,
        "runs": len(group.runs),
        "accuracy %": shown(percent(group.mean("accuracy")), 2),
        "error %": shown(percent(group.mean("error")), 2),
        "se %": shown(percent(group.standard_error("error")), 2),
        "log loss": shown(group.mean("log_loss"), 3),
        "objective": shown(group.mean("objective"), 3),
        "se": shown(group.standard_error("objective"), 3),
        "params": shown(group.mean("n_params"), 0),
        "kB": shown(None if n_bytes is None else n_bytes / 1000, 1),
        "CPU s": shown(group.mean("cpu_seconds"), 1),
        "wall s": shown(group.mean("wall_seconds"), 1),
        "failures": "; ".join(sorted(group.failures)),
    }


def ranks(groups: Sequence[Group]) -> list[Row]:
    """Mean ranks over the tables (1 is best, ties share): of networks by objective, of all by
    error, and the mean objective. Each table ranks those who have played on it."""
    figures = ("error", "objective")
    places: dict[str, dict[str, list[float]]] = {figure: {} for figure in figures}
    for table in dict.fromkeys(group.table for group in groups):
        for figure in figures:
            here = [
                (group.contestant, value)
                for group in groups
                if group.table == table and (value := group.mean(figure)) is not None
            ]
            of = rankdata([value for _, value in here])
            for (name, _), place in zip(here, of, strict=True):
                places[figure].setdefault(name, []).append(float(place))
    rows = []
    for name, by_error in places["error"].items():
        objectives = [g.mean("objective") for g in groups if g.contestant == name]
        rows.append(
            {
                "contestant": name,
                "tables": len(by_error),
                "rank by error": shown(mean(by_error), 2),
                "rank by objective": shown(mean(places["objective"].get(name, [])), 2),
                "mean objective": shown(mean(v for v in objectives if v is not None), 3),
            }
        )
    return sorted(rows, key=lambda row: row["rank by error"])
