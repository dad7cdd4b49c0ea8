"""Strategy: the whole network in one stage, trained with the default hyperparameters."""

import optuna
from optuna.samplers import BaseSampler

from optuna_dnc.runs import Strategy
from optuna_dnc.runs.stage_keys import StageKey
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.stages.bayesian_stages import BayesianStage, Proposer
from optuna_dnc.search.stages.stage_samplers import architecture_sampler

KEY = StageKey(1, "whole-network", f"{__name__}:WholeNetwork", is_bayesian=True)


class WholeNetwork(BayesianStage):
    """Searches the core and the grids of stage 2 together."""

    key = KEY

    def proposals(self, context: SearchContext) -> tuple[BaseSampler, Proposer]:
        family, settings = context.family, context.settings

        def propose(trial: optuna.Trial) -> Proposal:
            config = family.suggest(trial)
            return Proposal(config, context.default_training(config))

        return architecture_sampler(self._create, family, family.suggest, settings), propose


def validate(name: str, value: object) -> None:
    """Refuse settings that the strategy cannot use."""
    if name == "preset":
        raise ValueError("the published sampler searches the core only; choose strategy 'staged'")


STRATEGY = Strategy("whole-network", (KEY,), defaults={"n_startup_trials": 5}, validate=validate)
