"""Template of exported Python files."""

from __future__ import annotations

FILE = '''"""The network that optuna_dnc found on $dataset.

$summary

    from $module import $names

    $answer = predict($x)  # $samples, $as_what

${images}Needs torch, numpy and safetensors, and $weights beside this file.
"""

from __future__ import annotations

import hashlib
${imports}from functools import cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load as load_tensors
from torch import nn
$functional
WEIGHTS = Path(__file__).with_name("$weights")
SHA256 = "$sha256"
${array_shape}BATCH = 1024

$constants


${encoder}${helpers}class Network(nn.Module):
    """$title"""

    def __init__(self) -> None:
        super().__init__()
        # What raw features or channels are shifted and divided by; load() sets them.
        self.mean, self.std = np.zeros(1), np.ones(1)
$layers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Outputs (n, $n_outputs) for normalized samples $shape."""
$steps


def load(path: str | Path = WEIGHTS) -> Network:
    """The trained network, in eval mode on the CPU; ValueError where it is damaged."""
    content = Path(path).read_bytes()
    if path == WEIGHTS and hashlib.sha256(content).hexdigest() != SHA256:
        raise ValueError(f"{path} is damaged; export the network again")
    tensors = load_tensors(content)
    network = Network()
    network.mean, network.std = (tensors.pop(name).numpy() for name in ("mean", "std"))
    network.load_state_dict(tensors)
    return network$memory.eval()


@cache
def trained() -> Network:
    """The network of the weights beside this file, read once."""
    return load()


def outputs($argument, network: Network | None = None) -> torch.Tensor:
    """Outputs (n, $n_outputs) for $samples, batch by batch."""
$convert
    network = network or trained()
    device = next(network.parameters()).device
    parts = []
    with torch.inference_mode():
        for start in range(0, max(1, len(x)), BATCH):
            part = (x[start : start + BATCH] - network.mean) / network.std
$clip            inputs = torch.from_numpy(part.astype(np.float32))
            parts.append(network(inputs.to(device)).cpu())
    return torch.cat(parts)


$answers'''

ANSWERS = {
    "classification": '''\
def predict_proba($argument, network: Network | None = None) -> np.ndarray:
    """Probabilities (n, $n_outputs) for $samples, in the order of CLASSES."""
    return outputs($x, network).double().softmax(dim=1).numpy()


def predict($argument, network: Network | None = None) -> np.ndarray:
    """Labels (n,) for $samples."""
    return CLASSES[predict_proba($x, network).argmax(axis=1)]
''',
    "multilabel": '''\
def predict_proba($argument, network: Network | None = None) -> np.ndarray:
    """Probabilities (n, $n_outputs) that each of LABELS is there, for $samples."""
    return outputs($x, network).double().sigmoid().numpy()


def predict($argument, network: Network | None = None) -> np.ndarray:
    """Values (n, $n_outputs), one of VALUES for each of LABELS, for $samples."""
    return VALUES[(predict_proba($x, network) > 0.5).astype(int)]
''',
    "regression": '''\
def predict($argument, network: Network | None = None) -> np.ndarray:
    """Values $answered in the targets' unit, for $samples."""
    scaled = outputs($x, network).double().numpy()
$steps
''',
}

OF_ARRAYS = {
    "argument": "x: np.ndarray",
    "x": "x",
    "samples": "raw samples $shape",
    "as_what": "as in the training data",
    "array_shape": "INPUT_SHAPE = $input_shape\n",
    "convert": """\
    x = np.asarray(x)
    if x.shape[1:] != INPUT_SHAPE:
        raise ValueError(f"x has shape {x.shape}; expected is $shape")""",
}
"""What differs where samples are arrays."""

OF_ROWS = {
    "argument": "rows: list[dict]",
    "x": "rows",
    "samples": "rows",
    "as_what": "dicts with the keys of COLUMNS",
    "array_shape": "",
    "convert": "    x = encode(rows).numpy()",
}
"""What differs where they are rows of a table."""
