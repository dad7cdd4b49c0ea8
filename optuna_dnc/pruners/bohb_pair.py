"""BOHB: Hyperband whose configurations a model proposes."""

from __future__ import annotations

from typing import NamedTuple

from optuna_dnc.pruners.hyperband import HyperbandPruner
from optuna_dnc.samplers.bohb import BOHBSampler


class BOHBPruner(HyperbandPruner):
    """The pruner of BOHB: :class:`HyperbandPruner` with the brackets of BOHB's code.

    HpBandSter begins bracket s with ``floor((s_max + 1) / (s + 1)) * eta**s`` configurations,
    which is our ``rule="paper-table"``, and has eta 3 by default. Pair it with
    :class:`~optuna_dnc.BOHBSampler`, or take both from :func:`bohb`.

    Args:
        max_resource: Resource of a trial that is not pruned, R.
        min_resource: Resource of the lowest rung, r, at least 1.
        reduction_factor: One in so many goes on, eta, at least 2.
        first_step: See :class:`HyperbandPruner`.
    """

    def __init__(
        self,
        *,
        max_resource: int,
        min_resource: int = 1,
        reduction_factor: int = 3,
        first_step: int | None = None,
    ) -> None:
        super().__init__(
            max_resource=max_resource,
            min_resource=min_resource,
            reduction_factor=reduction_factor,
            rule="paper-table",
            first_step=first_step,
        )


class BOHB(NamedTuple):
    """What a study needs to run BOHB; ``**pair._asdict()`` are arguments of ``create_study``."""

    sampler: BOHBSampler
    pruner: BOHBPruner


def bohb(
    *,
    max_resource: int,
    min_resource: int = 1,
    reduction_factor: int = 3,
    first_step: int | None = None,
    seed: int | None = None,
) -> BOHB:
    """Return BOHB's sampler and pruner, with its defaults (Falkner et al. 2018, ICML).

    Example::

        sampler, pruner = bohb(max_resource=27, seed=0)
        study = optuna.create_study(sampler=sampler, pruner=pruner)

    Trials that are stopped are lost, as with any pruner of Optuna. BOHB itself goes on with
    them: give the sampler's study to :func:`~optuna_dnc.pruners.optimize_hyperband`.

    Args:
        max_resource: Resource of a trial that is not pruned, R.
        min_resource: Resource of the lowest rung, r, at least 1.
        reduction_factor: One in so many goes on, eta, at least 2.
        first_step: See :class:`HyperbandPruner`.
        seed: Seed of the sampler. None draws one at random.
    """
    pruner = BOHBPruner(
        max_resource=max_resource,
        min_resource=min_resource,
        reduction_factor=reduction_factor,
        first_step=first_step,
    )
    return BOHB(BOHBSampler(seed=seed), pruner)
