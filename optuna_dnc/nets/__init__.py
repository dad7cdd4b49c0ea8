"""Network families: their search spaces, their configurations and their modules."""

from __future__ import annotations

from optuna_dnc.nets import cnn, mlp, resnet
from optuna_dnc.nets.cnn import CNNFamily
from optuna_dnc.nets.cnn_config import CNNConfig
from optuna_dnc.nets.family import NetworkFamily
from optuna_dnc.nets.mlp import MLPConfig, MLPFamily
from optuna_dnc.nets.registry import build, network_family
from optuna_dnc.nets.resnet import ResNetFamily
from optuna_dnc.nets.resnet_config import ResNetConfig

__all__ = [
    "CNNConfig",
    "CNNFamily",
    "MLPConfig",
    "MLPFamily",
    "NetworkFamily",
    "ResNetConfig",
    "ResNetFamily",
    "build",
    "cnn",
    "mlp",
    "network_family",
    "resnet",
]
