from .bohb_pair import BOHB, BOHBPruner, bohb
from .bracket_state import Configuration
from .brackets import Bracket, hyperband_brackets, successive_halving
from .checkpoints import Budget, DamagedCheckpoint
from .hyperband import HyperbandPruner, SuccessiveHalvingPruner, survives
from .jobs import HyperbandJob
from .promotion import hyperband_jobs, optimize_hyperband
from .schedule import Done, Promote, Sample, Schedule, Wait

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
