"""Records of proposals that exceeded a limit and were not trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

REJECTED = "beyond a limit"
"""Status of a trial whose network exceeded a limit."""


@dataclass(frozen=True)
class Rejection:
    """Trial that was not trained because its network exceeds a limit; its state is PRUNED."""

    stage: str
    trial_number: int
    config: dict[str, Any]
    """Config of the network, as JSON."""
    description: str
    """Description of the network."""
    costs: Mapping[str, float]
    """Limited costs of the network by name."""
    excess: float
    """log10 of the largest ratio of a cost and its limit."""

    @property
    def label(self) -> str:
        """Name of the trial, ``stage/number``."""
        return f"{self.stage}/{self.trial_number}"

    def to_attributes(self) -> dict[str, Any]:
        """Return the user attributes of the trial."""
        return {
            "stage": self.stage,
            "network": self.description,
            "config": self.config,
            "costs": dict(self.costs),
            "excess": self.excess,
            "status": REJECTED,
        }

    @classmethod
    def from_trial(cls, trial: FrozenTrial) -> Rejection:
        """Create it from a trial for which :func:`is_rejected` is true."""
        attributes = trial.user_attrs
        return cls(
            stage=attributes["stage"],
            trial_number=trial.number,
            config=attributes["config"],
            description=attributes["network"],
            costs=attributes["costs"],
            excess=attributes["excess"],
        )


def is_rejected(trial: FrozenTrial) -> bool:
    """Return whether a trial was not trained because its network exceeds a limit."""
    return trial.state == TrialState.PRUNED and trial.user_attrs.get("status") == REJECTED


def n_rejected_last(study: Study) -> int:
    """Count the rejected proposals since the last one that was trained."""
    return sum(1 for _ in takewhile(is_rejected, _finished_latest_first(study)))


def _finished_latest_first(study: Study) -> Iterator[FrozenTrial]:
    trials = reversed(study.get_trials(deepcopy=False))
    return (trial for trial in trials if trial.state.is_finished())
