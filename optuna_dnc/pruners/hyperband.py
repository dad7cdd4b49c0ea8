"""Hyperband for studies that only stop trials."""

from __future__ import annotations

from optuna.study import Study
from optuna.trial import FrozenTrial

from optuna_dnc._optuna_compat import HyperbandByNumber
from optuna_dnc.pruners.brackets import hyperband_brackets
from optuna_dnc.pruners.stopping import RungStopper


class HyperbandPruner(HyperbandByNumber):
    """Prunes trials at the rungs of Hyperband's brackets.

    Trial number k belongs to the bracket at place ``k mod n`` of the sequence that
    :func:`hyperband_brackets` gives, n configurations in all: for R = 81 and eta = 3 trials 0 to
    80 to the first, 81 to 107 to the second, and again from 128 on. So every worker agrees,
    whatever the study's name. At each rung a trial is compared with all trials of its bracket
    that have reached the rung, in all repetitions, and goes on if it is among the best
    ``floor(k / eta)`` of these k, equal ones as far as there is room, or the very first of the
    first bracket: a study soon has one trial that was trained to the end. A trial at
    ``max_resource`` is never pruned.

    Li et al. 2018, JMLR 18(185); trials cannot be paused here, so the rule is that of
    asynchronous halving (Li et al. 2020, arXiv 1810.05934). Use
    :func:`~optuna_dnc.pruners.optimize_hyperband` for exact brackets with promotion.

    It is an ``optuna.pruners.HyperbandPruner``, and Optuna's samplers see the same brackets.
    Instead of a hash of the study's name the trial's number decides, the last rung prunes
    nothing, and the state is nothing but what the trials have reported: also reports that were
    made under another pruner count.

    - Call ``trial.should_prune()`` after every report. It decides at the first report at or
      beyond a rung's budget, and answers False at once at all others.
    - Reports count by step. Optuna ignores a second report of a step, with a warning; one that
      comes out of order counts from then on as if it had come in time.
    - A report at a rung that is not finite prunes the trial.
    - Budgets are epochs, samples or seconds, whatever the steps count.

    Example::

        study = optuna.create_study(pruner=HyperbandPruner(max_resource=27))

    Args:
        max_resource: Resource of a trial that is not pruned, R.
        reduction_factor: One in so many goes on, eta, at least 2.
        min_resource: Resource of the lowest rung, r, at least 1.
        rule: ``"paper-table"`` or ``"formula"``, see :func:`hyperband_brackets`.
        first_step: The step of a trial's first unit of resource. 0: step k means k + 1 units
            spent. 1: step k means k. None takes 0 for a trial that has reported step 0, and 1
            for others; give 0 where steps count from 0 and the first is not reported.
    """

    def __init__(
        self,
        *,
        max_resource: int,
        reduction_factor: int = 3,
        min_resource: int = 1,
        rule: str = "paper-table",
        first_step: int | None = None,
    ) -> None:
        brackets = hyperband_brackets(max_resource, reduction_factor, min_resource, rule)
        super().__init__(
            min_resource=int(min_resource),
            max_resource=int(max_resource),
            reduction_factor=int(reduction_factor),
        )
        self._stopper = RungStopper(
            brackets, reduction_factor=int(reduction_factor), first_step=first_step
        )

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Say whether the trial is to be pruned at its latest report."""
        return self._stopper.should_stop(study, trial)

    def bracket_of(self, number: int) -> int:
        """Return the position of a trial's bracket, 0 for the one that stops most."""
        return self._stopper.bracket_of(number)
