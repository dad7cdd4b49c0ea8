"""Activation functions of the network families, by name."""

from __future__ import annotations

from typing import Literal, get_args

Activation = Literal["relu", "tanh", "sigmoid"]

ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)

ACTIVATION_WORDS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
"""As a sentence has them."""
