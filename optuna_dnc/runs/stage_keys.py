"""The stages of each search strategy, by number and name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class StageKey:
    """Number and name of a stage, which name its Optuna study."""

    number: int
    name: str
    is_bayesian: bool = False
    """Whether a sampler proposes each of its trials."""

    @property
    def label(self) -> str:
        """Number and name, as in the name of its study."""
        return f"{self.number}-{self.name}"


PILOT = StageKey(0, "pilot")
CORE = StageKey(1, "core-architecture", is_bayesian=True)
REMAINING = StageKey(2, "remaining-architecture")
TRAINING = StageKey(3, "training", is_bayesian=True)
JOINT = StageKey(1, "joint", is_bayesian=True)

_BY_STRATEGY: Mapping[str, tuple[StageKey, ...]] = {
    "staged": (CORE, REMAINING, TRAINING),
    "joint": (JOINT,),
    "transfer": (TRAINING,),
}


def stage_keys(strategy: str, pruner: str) -> tuple[StageKey, ...]:
    """Return the stages of a search in the order in which they run."""
    keys = _BY_STRATEGY[strategy]
    return (PILOT, *keys) if pruner == "hyperband" else keys
