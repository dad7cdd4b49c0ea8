"""Leaderboard of a search: one row for each distinct architecture."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from optuna_dnc._arguments import whole
from optuna_dnc._pareto import pareto_front
from optuna_dnc.objectives import Score, cost_cells, described_cost, described_costs
from optuna_dnc.runs.records import Record

State = Literal["finished", "stopped early", "waiting for promotion", "failed"]


@dataclass(frozen=True, repr=False)
class LeaderboardRow:
    """One architecture of a search with its best training."""

    rank: int
    """Position, from 1."""
    record: Record
    """Record of the best training."""
    trials: tuple[str, ...]
    """Trials ``stage/number`` with this architecture, in the order in which they ran."""
    n_trainings: int
    """Number of different trainings."""
    on_front: bool
    """Whether no other finished network is both better and cheaper: it lies on the Pareto front
    of validation error and penalized cost."""

    @property
    def network(self) -> str:
        """Description of the network."""
        return self.record.description

    @property
    def described(self) -> str:
        """Description of the network, with its state unless its best training has finished."""
        return self.network if self.state == "finished" else f"{self.network} ({self.state})"

    @property
    def config(self) -> dict[str, Any]:
        """Config of the network, as JSON."""
        return self.record.config

    @property
    def training(self) -> dict[str, Any]:
        """Hyperparameters of the best training, as JSON."""
        return self.record.training

    @property
    def loss(self) -> float:
        """``log10(error + wc * complexity)`` of the best training."""
        return self.record.loss

    @property
    def val_error(self) -> float:
        """Validation error of the best training."""
        return self.record.measured.error

    @property
    def val_accuracy(self) -> float | None:
        """Validation accuracy, a fraction; None for regression."""
        return self.record.measured.val_accuracy

    @property
    def score(self) -> Score:
        """Validation score of the best training, with the value of the metric."""
        return self.record.measured.score

    @property
    def costs(self) -> Mapping[str, float]:
        """Costs by name, such as ``n_params``."""
        return self.record.measured.costs

    @property
    def state(self) -> State:
        """Whether the best training has finished.

        Losses after different numbers of epochs cannot be compared: networks whose training was
        stopped are ranked after those that were trained to the end.
        """
        return state_of(self.record)

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON, with one key per cost: a row of a data frame."""
        return dict(self.costs) | {
            "rank": self.rank,
            "network": self.network,
            "loss": self.loss,
            "val_error": self.val_error,
            "val_accuracy": self.val_accuracy,
            "metric": self.score.metric,
            "val_metric": self.score.value,
            "on_front": self.on_front,
            "state": self.state,
            "epochs": self.record.measured.epochs_run,
            "n_trainings": self.n_trainings,
            "trial": self.record.label,
            "trials": list(self.trials),
            "config": self.config,
            "training": self.training,
        }

    def __repr__(self) -> str:
        quality = f"val_{self.score.metric}={self.score.format()}"
        return (
            f"LeaderboardRow(rank={self.rank}, {self.network}, loss={self.loss:.3f}, {quality}, "
            f"n_params={self.costs['n_params']:,}, n_trainings={self.n_trainings}, "
            f"on_front={self.on_front}, state={self.state!r})"
        )


def state_of(record: Record) -> State:
    """Return whether a training run has finished; a failure takes precedence."""
    if not record.measured.is_usable:
        return "failed"
    if not record.pruned:
        return "finished"
    return "waiting for promotion" if record.waits else "stopped early"


WIDTH = 100
"""Default maximum width in columns."""
_LEAST_OF_NETWORK = 24
"""Columns of the network below which other columns are left out."""
_GAP = "  "
_MARKS = {"finished": " ", "stopped early": "~", "waiting for promotion": "~", "failed": "!"}

Rows = Sequence[LeaderboardRow]
Column = tuple[str, list[str]]
"""Heading and cells."""


def text_table(rows: Rows, penalize: str, width: int = WIDTH) -> str:
    """Return a table with a legend; without some columns if the width is too small for all.

    Args:
        rows: The rows, best first.
        penalize: Name of the penalized cost, which is never left out.
        width: Maximum width in columns.
    """
    if not rows:
        return "no network has been trained yet"
    columns, optional = _columns(rows, penalize)
    while optional and width - _width_of(columns) < _LEAST_OF_NETWORK:
        columns.remove(optional.pop())
    room = max(width - _width_of(columns), 1)
    networks = ["network", *(_cut(row.network, room) for row in rows)]
    aligned = [_aligned(column) for column in columns]
    lines = (_GAP.join(cells).rstrip() for cells in zip(*aligned, networks, strict=True))
    return "\n".join([*lines, *_legend(rows, penalize)])


def _columns(rows: Rows, penalize: str) -> tuple[list[Column], list[Column]]:
    """Return the columns, and those of them that can be left out, the first one first kept."""
    costs = described_costs(dict.fromkeys(name for row in rows for name in row.costs))
    cells = zip(*(cost_cells(row.costs, costs) for row in rows), strict=True)
    of_cost = {
        cost.name: (cost.heading, list(column)) for cost, column in zip(costs, cells, strict=True)
    }
    metric = rows[0].score.described
    trainings = ("trainings", [str(row.n_trainings) for row in rows])
    trial = ("trial", [row.record.label for row in rows])
    columns = [
        ("", [f"{row.rank}{'*' if row.on_front else _MARKS[row.state]}" for row in rows]),
        ("loss", [f"{row.loss:.3f}" for row in rows]),
        (f"val {metric.heading}", [row.score.format(percent=True) for row in rows]),
        *of_cost.values(),
        trainings,
        trial,
    ]
    others = [column for name, column in of_cost.items() if name != penalize]
    return columns, [*others, trainings, trial]


def _width_of(columns: list[Column]) -> int:
    return sum(max(map(len, (heading, *cells))) + len(_GAP) for heading, cells in columns)


def _aligned(column: Column) -> list[str]:
    heading, cells = column
    width = max(map(len, (heading, *cells)))
    return [cell.rjust(width) for cell in (heading, *cells)]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _legend(rows: Rows, penalize: str) -> Iterator[str]:
    if any(row.on_front for row in rows):
        yield f"* on the Pareto front of error and {described_cost(penalize).unit}"
    states = {_MARKS[row.state] for row in rows}
    if "~" in states:
        yield "~ training not finished: ranked after the others"
    if "!" in states:
        yield "! no usable network: diverged or out of memory"


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
