"""Markers, labels and hover texts of trials in figures."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optuna_dnc.report.figures.theme import BLUE, GREEN, GREY, ORANGE, PINK, RED, SKY, plain
from optuna_dnc.runs import Record
from optuna_dnc.runs.stage_keys import StageKey

MOST_TEXTS = 300
"""Trials with a hover text; the best ones, to keep the page small."""
_WIDTH = 60
"""Characters of a hover text."""


@dataclass(frozen=True)
class TrialMark:
    """Label and marker of the trials with one outcome, or of one stage."""

    label: str
    color: str
    symbol: str
    size: int = 7

    @property
    def marker(self) -> dict[str, Any]:
        """Marker of a plotly trace."""
        return {
            "color": self.color,
            "symbol": self.symbol,
            "size": self.size,
            "opacity": 0.75,
            "line": {"width": 1.5 if self.symbol.endswith(("open", "thin")) else 0,
                     "color": self.color},
        }  # fmt: skip


TRAINED = TrialMark("trained", BLUE, "circle")
STOPPED = TrialMark("stopped early", ORANGE, "triangle-down-open")
WAITING = TrialMark("waiting for promotion", SKY, "triangle-right-open")
REUSED = TrialMark("reused", GREY, "circle-open")
FAILED = TrialMark("diverged or out of memory", RED, "x-thin")
OUTCOMES = (TRAINED, STOPPED, WAITING, REUSED, FAILED)


def outcome_of(record: Record) -> TrialMark:
    """Return the mark of a trial by its outcome; a failure takes precedence."""
    if record.measured.status != "ok":
        return FAILED
    if record.pruned:
        return WAITING if record.waits else STOPPED
    return TRAINED if record.reused_from is None else REUSED


_STAGES = ((PINK, "diamond"), (BLUE, "circle"), (ORANGE, "square"), (GREEN, "triangle-up"))


def stage_mark(stage: StageKey) -> TrialMark:
    """Return the mark of the trials of a stage."""
    color, symbol = _STAGES[stage.number % len(_STAGES)]
    return TrialMark(stage_title(stage), color, symbol)


def stage_title(stage: StageKey) -> str:
    """Return a title that fits on a phone: ``1 core``, ``2 remaining``, ``3 training``."""
    return f"{stage.number} {stage.name.partition('-')[0]}"


def hover_texts(records: Sequence[Record]) -> list[str]:
    """Return the network of each record; empty except for the best :data:`MOST_TEXTS`."""
    best = sorted(records, key=lambda record: record.rank)[:MOST_TEXTS]
    described = {record.label for record in best}
    return [_hover_text(record) if record.label in described else "" for record in records]


def _hover_text(record: Record) -> str:
    return plain(textwrap.shorten(record.description, _WIDTH, placeholder=" …"))
