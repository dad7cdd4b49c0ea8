"""Leaderboard of a search: one row for each distinct architecture."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from optuna_dnc._arguments import whole
from optuna_dnc._pareto import pareto_front
from optuna_dnc.runs.leaderboard_row import LeaderboardRow, state_of
from optuna_dnc.runs.leaderboard_text import WIDTH, text_table
from optuna_dnc.runs.records import Record


class Leaderboard(list[LeaderboardRow]):
    """Rows of a leaderboard, best first; printed as a table.

    Args:
        rows: The rows.
        penalize: Name of the penalized cost.
    """

    def __init__(self, rows: Iterable[LeaderboardRow], penalize: str) -> None:
        super().__init__(rows)
        self.penalize = penalize

    def first(self, n: int | None) -> Leaderboard:
        """Return the first ``n`` rows, or all if ``n`` is None."""
        if n is not None:
            n = whole("n", n, least=1)
        return Leaderboard(self[:n], self.penalize)

    def to_text(self, width: int = WIDTH) -> str:
        """Return the table; with fewer columns if ``width`` is too small for all of them."""
        return text_table(self, self.penalize, width)

    def __repr__(self) -> str:
        return self.to_text()


def leaderboard(
    records: Iterable[Record], penalize: str, answer: Record | None = None
) -> Leaderboard:
    """Return one row for each distinct architecture, with its best training, best first.

    The first row is the answer of the search. After the networks that were trained to the end
    follow those that were stopped, the longest trained first, and those without a usable network.

    Args:
        records: Records of a search.
        penalize: Name of the penalized cost.
        answer: Network that was chosen, if not by its loss alone.
    """
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(architecture_of(record), []).append(record)
    best = {name: min(members, key=_order) for name, members in groups.items()}
    names = sorted(best, key=lambda name: (not _is_same(best[name], answer), _order(best[name])))
    front = _front([best[name] for name in names], penalize)
    rows = (
        LeaderboardRow(
            rank=rank,
            record=best[name],
            trials=tuple(record.label for record in groups[name]),
            n_trainings=len({record.key for record in groups[name]}),
            on_front=best[name].label in front,
        )
        for rank, name in enumerate(names, start=1)
    )
    return Leaderboard(rows, penalize)


def architecture_of(record: Record) -> str:
    """Return a text that is equal for trials of the same architecture."""
    return json.dumps(record.config, sort_keys=True)


def _is_same(record: Record, answer: Record | None) -> bool:
    return answer is not None and answer.measured.is_usable and record.key == answer.key


def _order(record: Record) -> tuple[Any, ...]:
    n_epochs = record.measured.epochs_run if record.pruned else 0
    return (not record.measured.is_usable, record.pruned, -n_epochs, *record.rank)


def _front(records: list[Record], penalize: str) -> set[str]:
    """Return the labels of the finished networks on the Pareto front."""
    finished = [record for record in records if state_of(record) == "finished"]
    if not finished:
        return set()
    points = [(record.measured.error, record.measured.costs[penalize]) for record in finished]
    mask = pareto_front(np.array(points, dtype=float))
    return {record.label for record, is_on in zip(finished, mask, strict=True) if is_on}
