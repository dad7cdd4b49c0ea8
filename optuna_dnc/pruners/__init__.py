"""Multi-fidelity search: brackets, pruners, and Hyperband with promotion from checkpoints."""

from optuna_dnc._errors import DamagedCheckpoint
from optuna_dnc.pruners.bohb_pair import BOHB, BOHBPruner, bohb
from optuna_dnc.pruners.bracket_state import Configuration
from optuna_dnc.pruners.brackets import Bracket, hyperband_brackets, successive_halving
from optuna_dnc.pruners.checkpoints import Budget
from optuna_dnc.pruners.hyperband import HyperbandPruner
from optuna_dnc.pruners.jobs import HyperbandJob
from optuna_dnc.pruners.promotion import hyperband_jobs, optimize_hyperband
from optuna_dnc.pruners.schedule import Done, Promote, Sample, Schedule, Wait
from optuna_dnc.pruners.stopping import survives
from optuna_dnc.pruners.successive_halving_pruner import SuccessiveHalvingPruner

__all__ = [
    "BOHB",
    "BOHBPruner",
    "Bracket",
    "Budget",
    "Configuration",
    "DamagedCheckpoint",
    "Done",
    "HyperbandJob",
    "HyperbandPruner",
    "Promote",
    "Sample",
    "Schedule",
    "SuccessiveHalvingPruner",
    "Wait",
    "bohb",
    "hyperband_brackets",
    "hyperband_jobs",
    "optimize_hyperband",
    "successive_halving",
    "survives",
]
