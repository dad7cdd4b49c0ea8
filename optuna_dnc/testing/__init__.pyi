from .family_contract import FamilyContract
from .kernel_contract import KernelContract
from .loader_contract import LoaderContract
from .sampler_contract import SamplerContract

__all__ = ["FamilyContract", "KernelContract", "LoaderContract", "SamplerContract"]
