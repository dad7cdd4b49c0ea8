"""Pruners: brackets by number, and what a pruner does."""

from __future__ import annotations

from optuna.pruners import HyperbandPruner, PatientPruner, WilcoxonPruner
from optuna.study import Study
from optuna.trial import FrozenTrial


class HyperbandByNumber(HyperbandPruner):
    """Optuna's HyperbandPruner, by whose brackets samplers filter trials, with our brackets."""

    def bracket_of(self, number: int) -> int:
        """Return the position of a trial's bracket."""
        raise NotImplementedError

    def _get_bracket_id(self, study: Study, trial: FrozenTrial) -> int:
        return self.bracket_of(trial.number)


def prunes_by_instances(study: Study) -> bool:
    """Return whether the pruner is a WilcoxonPruner, also a patient one: steps are instances."""
    pruner = study.pruner
    while isinstance(pruner, PatientPruner) and pruner._wrapped_pruner is not None:
        pruner = pruner._wrapped_pruner
    return isinstance(pruner, WilcoxonPruner)
