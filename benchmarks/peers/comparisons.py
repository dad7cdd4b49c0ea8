"""Ours against others, table by table; differences are paired by seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.peers.groups import Group, mean, percent, shown, standard_error

OURS = "ours"
Row = dict[str, Any]


def against_best_network(groups: Sequence[Group]) -> list[Row]:
    """Objective of ours less that of the peer network with the best mean on each table."""
    rows, means = [], []
    for mine in _ours(groups):
        peers = [g for g in groups if g.table == mine.table and g.contestant != OURS]
        networks = [(value, g) for g in peers if (value := g.mean("objective")) is not None]
        if networks:
            _, best = min(networks, key=lambda pair: pair[0])
            pairs = mine.differences(best, "objective")
            rows.append(_row(mine.table, pairs) | {"best peer": best.contestant})
            means += [value for value in [mean(pairs)] if value is not None]
    if len(means) > 1:
        rows.append(_row("mean of tables", means) | {"best peer": ""})
    return rows


def against(groups: Sequence[Group], name: str) -> list[Row]:
    """Ours less one peer in objective, error and log loss, and the ratio of their bytes."""
    rows = []
    for mine in _ours(groups):
        for peer in groups:
            if (peer.table, peer.contestant) == (mine.table, name):
                errors = mine.differences(peer, "error")
                objectives = mine.differences(peer, "objective")
                log_losses = mine.differences(peer, "log_loss")
                rows.append(
                    {
                        "table": mine.table,
                        "error %": shown(percent(mean(errors)), 2),
                        "se %": shown(percent(standard_error(errors)), 2),
                        "objective": shown(mean(objectives), 3),
                        "se": shown(standard_error(objectives), 3),
                        "log loss": shown(mean(log_losses), 3),
                        "se log loss": shown(standard_error(log_losses), 3),
                        "bytes": shown(_ratio(mine, peer, "n_bytes"), 4),
                    }
                )
    return rows


def price_of_size(small: Sequence[Group], large: Sequence[Group]) -> list[Row]:
    """Ours at one weight against ours at a smaller one: ratio of parameters, loss of error."""
    of = {group.table: group for group in _ours(large)}
    return [
        {
            "table": mine.table,
            "params": shown(_ratio(mine, of[mine.table], "n_params"), 4),
            "error %": shown(percent(mean(pairs)), 2),
            "se %": shown(percent(standard_error(pairs)), 2),
        }
        for mine in _ours(small)
        if mine.table in of and (pairs := mine.differences(of[mine.table], "error"))
    ]


def _ours(groups: Sequence[Group]) -> Iterator[Group]:
    return (group for group in groups if group.contestant == OURS)


def _ratio(mine: Group, other: Group, name: str) -> float | None:
    ours, theirs = mine.mean(name), other.mean(name)
    return ours / theirs if ours is not None and theirs else None


def _row(table: str, values: Sequence[float]) -> Row:
    return {
        "table": table,
        "difference": shown(mean(values), 3),
        "se": shown(standard_error(values), 3),
    }
