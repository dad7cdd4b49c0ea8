"""What became of a trial, and of which stage it is, and how that is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from optuna_dnc.report.figures.theme import BLUE, GREEN, GREY, ORANGE, PINK, RED, SKY
from optuna_dnc.runs import Record
from optuna_dnc.runs.stage_keys import StageKey


@dataclass(frozen=True)
class Kind:
    """One way in which a trial can end, or one stage that it can be of."""

    label: str
    color: str
    symbol: str
    size: int = 7

    @property
    def marker(self) -> dict[str, Any]:
        """As plotly draws it."""
        return {
            "color": self.color,
            "symbol": self.symbol,
            "size": self.size,
            "opacity": 0.75,
            "line": {"width": 1.5 if self.symbol.endswith(("open", "thin")) else 0,
                     "color": self.color},
        }  # fmt: skip


TRAINED = Kind("trained", BLUE, "circle")
STOPPED = Kind("stopped early", ORANGE, "triangle-down-open")
WAITING = Kind("waiting to go on", SKY, "triangle-right-open")
REUSED = Kind("known before", GREY, "circle-open")
FAILED = Kind("diverged or out of memory", RED, "x-thin")
KINDS = (TRAINED, STOPPED, WAITING, REUSED, FAILED)


def kind_of(record: Record) -> Kind:
    """What became of it; a failure outweighs the rest."""
    if record.measured.status != "ok":
        return FAILED
    if record.pruned:
        return WAITING if record.waits else STOPPED
    return TRAINED if record.reused_from is None else REUSED


_STAGES = ((PINK, "diamond"), (BLUE, "circle"), (ORANGE, "square"), (GREEN, "triangle-up"))


def stage_kind(stage: StageKey) -> Kind:
    """How the trials of a stage are drawn where stages are told apart."""
    color, symbol = _STAGES[stage.number % len(_STAGES)]
    return Kind(stage_title(stage), color, symbol)


def stage_title(stage: StageKey) -> str:
    """``1 core``, ``2 remaining``, ``3 training``: short enough for a phone."""
    return f"{stage.number} {stage.name.partition('-')[0]}"
