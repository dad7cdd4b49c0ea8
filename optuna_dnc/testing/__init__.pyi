from .cost_contract import CostContract
from .family_contract import FamilyContract
from .kernel_contract import KernelContract
from .loader_contract import LoaderContract
from .sampler_contract import SamplerContract
from .strategy_contract import StrategyContract

__all__ = [
    "CostContract",
    "FamilyContract",
    "KernelContract",
    "LoaderContract",
    "SamplerContract",
    "StrategyContract",
]
