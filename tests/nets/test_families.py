"""The built-in families meet the contract of network families."""

from __future__ import annotations

from optuna_dnc.nets import CNNFamily, MLPFamily, ResNetFamily
from optuna_dnc.testing import FamilyContract


class TestMLP(FamilyContract):
    family = MLPFamily(n_layers=(0, 3), width=(1, 30))
    input_shape = (5,)


class TestMLPOfImages(FamilyContract):
    family = MLPFamily(width=(1, 8))
    input_shape = (2, 3, 4)
    n_outputs = 1


class TestCNN(FamilyContract):
    family = CNNFamily(n_layers=(1, 7), channels=(4, 30), max_channels=80, kernel_size=(1, 3))
    input_shape = (2, 9, 8)


class TestResNet(FamilyContract):
    family = ResNetFamily(channels=4, blocks=(1, 2), widening=(1, 2))
    input_shape = (2, 7, 9)
