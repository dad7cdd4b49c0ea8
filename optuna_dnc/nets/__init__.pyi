from . import cnn, mlp, resnet
from .cnn import CNNFamily
from .cnn_config import CNNConfig
from .family import NetworkFamily
from .mlp import MLPFamily
from .mlp_config import MLPConfig
from .registry import build, network_family, register_family
from .resnet import ResNetFamily
from .resnet_config import ResNetConfig
from .source import NetworkSource

__all__ = [
    "CNNConfig",
    "CNNFamily",
    "MLPConfig",
    "MLPFamily",
    "NetworkFamily",
    "NetworkSource",
    "ResNetConfig",
    "ResNetFamily",
    "build",
    "cnn",
    "mlp",
    "network_family",
    "register_family",
    "resnet",
]
