"""Successive halving as a pruner."""

from __future__ import annotations

import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial

from optuna_dnc._arguments import whole
from optuna_dnc.pruners.brackets import Bracket, resource_range, successive_halving
from optuna_dnc.pruners.stopping import RungStopper


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
