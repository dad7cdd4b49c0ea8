"""safetensors format: the weights, with the network's description in the header."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save
from typing_extensions import override

from optuna_dnc.data import Preprocessing
from optuna_dnc.export.deployed import Deployed
from optuna_dnc.export.export_format import ExportFormat
from optuna_dnc.export.subject import Raw, Subject
from optuna_dnc.training.weights import separate

ABOUT = "optuna_dnc"
"""Entry of the header: configuration, labels, preprocessing, as JSON."""


class SafetensorsFormat(ExportFormat):
    """Weights by the names of the network's own state dict."""

    name = "safetensors"
    suffix = ".safetensors"

    @override
    def write(self, subject: Subject, path: Path, drafts: Sequence[Path]) -> None:
        tensors = separate(subject.alone.model().state_dict())
        header = {"format": "pt", ABOUT: json.dumps(subject.about)}
        drafts[0].write_bytes(save(tensors, metadata=header))

    @override
    def takes(self, subject: Subject) -> str:
        shape = ", ".join(map(str, ("n", *subject.preprocessing.input_shape)))
        return f"normalized samples ({shape}) float32, see preprocessing in the header"

    @override
    def answers(self, subject: Subject, drafts: Sequence[Path], x: Raw) -> NDArray[Any]:
        with safe_open(drafts[0], framework="pt") as file:
            about = json.loads(file.metadata()[ABOUT])
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        family = subject.alone.family
        config = family.config_from_dict(about["config"])
        network = family.build(config, tuple(about["input_shape"]), about["n_outputs"])
        network.load_state_dict(weights)
        deployed = Deployed(network, Preprocessing.from_dict(about["preprocessing"])).eval()
        with torch.inference_mode():
            return np.asarray(deployed(torch.from_numpy(subject.raw(x))))
