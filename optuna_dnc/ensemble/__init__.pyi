from .build import EnsembleOptions, ensemble
from .members import Member, MemberProgress, OnMember
from .performance import Performance
from .result import Ensemble

__all__ = [
    "Ensemble",
    "EnsembleOptions",
    "Member",
    "MemberProgress",
    "OnMember",
    "Performance",
    "ensemble",
]
