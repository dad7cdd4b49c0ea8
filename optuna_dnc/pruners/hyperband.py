"""Hyperband and successive halving as pruners."""

from __future__ import annotations

import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial

from optuna_dnc._arguments import whole
from optuna_dnc._optuna_compat import HyperbandByNumber
from optuna_dnc.pruners.brackets import (
    Bracket,
    hyperband_brackets,
    resource_range,
    successive_halving,
)
from optuna_dnc.pruners.stopping import RungStopper


class HyperbandPruner(HyperbandByNumber):
    """Prunes trials at the rungs of Hyperband's brackets.

    The trial's number decides its bracket: for R = 81 and eta = 3, trials 0 to 80 belong to the
    first bracket of :func:`hyperband_brackets`, 81 to 107 to the second, and so on, repeated
    every 128 trials. So all workers agree, whatever the study's name. At each rung a trial is
    compared with all k trials of its bracket that have reached the rung, in all repetitions. It
    continues if it is among the best ``floor(k / eta)`` of them, or if it is the first of the
    first bracket: a study soon has one trial that was trained to the end. Of equal values, as
    many continue as there is room for. No trial is pruned at ``max_resource``.

    Li et al. 2018, JMLR 18(185); a pruner cannot pause trials, so the rule is that of
    asynchronous halving (Li et al. 2020, arXiv 1810.05934). Use
    :func:`~optuna_dnc.pruners.optimize_hyperband` for exact brackets with promotion.

    It is an ``optuna.pruners.HyperbandPruner``, and Optuna's samplers see the same brackets.
    Unlike there, the trial's number decides instead of a hash of the study's name, the last rung
    prunes nothing, and the only state is the reports of the trials, including those made under
    another pruner.

    - Call ``trial.should_prune()`` after every report. It decides at the first report at or
      beyond a rung's budget, and returns False at all others.
    - Reports are ordered by step, not by time. Optuna ignores a second report of a step, with a
      warning.
    - A value at a rung that is not finite prunes the trial.
    - Budgets are in the unit of the steps: epochs, samples or seconds.

    Example::

        study = optuna.create_study(pruner=HyperbandPruner(max_resource=27))

    Args:
        max_resource: Resource of a trial that is not pruned, R.
        reduction_factor: One in so many continues, eta, at least 2.
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


class SuccessiveHalvingPruner(optuna.pruners.SuccessiveHalvingPruner):
    """Prunes trials at rungs of resource r, r * eta, ..., R.

    The same as :class:`~optuna_dnc.pruners.HyperbandPruner` with one bracket, the one with the
    most rungs; see there for the rule, the steps and the reports. If R is not ``r * eta**k``, the
    rungs are ``R / eta**k``, rounded.

    Jamieson & Talwalkar 2016, arXiv 1502.07943; asynchronous as in Li et al. 2020, arXiv
    1810.05934.

    Example::

        study = optuna.create_study(pruner=SuccessiveHalvingPruner(max_resource=27))

    Args:
        max_resource: Resource of a trial that is not pruned, R.
        reduction_factor: One in so many continues, eta, at least 2.
        min_resource: Resource of the lowest rung, r, at least 1.
        first_step: 0, 1 or None, see :class:`~optuna_dnc.pruners.HyperbandPruner`.
    """

    def __init__(
        self,
        *,
        max_resource: int,
        reduction_factor: int = 3,
        min_resource: int = 1,
        first_step: int | None = None,
    ) -> None:
        r, R = resource_range(min_resource, max_resource)
        eta = whole("reduction_factor", reduction_factor, least=2)
        rungs = successive_halving(1, r, R, eta)
        super().__init__(min_resource=r, reduction_factor=eta)
        self._stopper = RungStopper(
            [Bracket(len(rungs) - 1, rungs)], reduction_factor=eta, first_step=first_step
        )

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Say whether the trial is to be pruned at its latest report."""
        return self._stopper.should_stop(study, trial)
